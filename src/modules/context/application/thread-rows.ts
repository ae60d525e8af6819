import { Message, PromptThread } from '../../conversations/index.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { ToldSize } from '../domain/context-size.js';

/** Which rows a call to a model is made of. */
export interface ThreadRequest {
  readonly sessionId: string;
  readonly thread: PromptThread;
  /** The size of requests by other agents and to other models says nothing about the next one. */
  readonly agent: string;
  readonly model: string;
  /** Nor does that of requests with other tools of clients. */
  readonly toolsDigest: string | null;
  /** Or about another workspace. */
  readonly workspaceDigest: string | null;
  /** The tokens of messages that are read; the newest message is read in any case. */
  readonly most: number;
}

/** A thread as it goes on: what its agent is told instead of old messages, and those since. */
export interface ThreadRows {
  readonly checkpoint: Checkpoint | null;
  /** The newest ones, oldest first. */
  readonly messages: readonly Message[];
  /** Of all messages since the checkpoint, estimated, also of those that are not read. */
  readonly tokens: number;
  /** What the provider has told of the last call since the checkpoint. */
  readonly told: ToldSize | null;
}

/** Reads threads for prompts. The cost is that of the messages which are read. */
export abstract class ThreadQueries {
  abstract read(request: ThreadRequest): Promise<ThreadRows>;
}

/** The same inside a unit of work, together with what it has written. */
export abstract class ThreadRepository {
  abstract read(request: ThreadRequest): Promise<ThreadRows>;
}
