import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import {
  ConversationQueries,
  Material,
  MessageText,
  passagesOf,
  readInPieces,
} from '../../conversations/index.js';
import { SYNOPSIS_LIMITS } from '../domain/synopsis-content.js';
import { Coverage } from '../domain/synopsis.js';
import { AskAgent } from './ask-agent.js';
import { SynopsisAttempt } from './synopsis-attempt.js';
import { askForNotes, askToMerge } from './synopsis-prompt.js';

/** A small page, since each message may be as large as a request. */
const MESSAGES_PER_READ = 20;
/** Notes are at most as large as a synopsis. A piece must hold two of them, or merging them would never end. */
const MIN_PIECE = 3 * SYNOPSIS_LIMITS.content;

/** The messages since the live version. */
export interface NewMaterial extends Material, Coverage {
  /** The position of the last message before the material. */
  readonly after: number;
}

/** Reduces the messages after a position to the size of one request. */
@Injectable()
export class GatherMaterial {
  constructor(
    private readonly conversations: ConversationQueries,
    private readonly askAgent: AskAgent,
    private readonly patience: DatabasePatience,
  ) {}

  /** @returns undefined if there are no messages */
  async execute(attempt: SynopsisAttempt, after: number): Promise<NewMaterial | undefined> {
    const { job, signal } = attempt;
    const ask = async (task: string) => JSON.stringify(await this.askAgent.execute(attempt, task));
    const page = (place: number) =>
      this.patience.read('read_messages', signal, () =>
        this.conversations.following(job.sessionId, place, MESSAGES_PER_READ),
      );
    const found = await readInPieces(passagesOf(page, after, new MessageText()), {
      size: { most: pieceFor(attempt) },
      note: (part, messages) => ask(askForNotes(part, messages)),
      merge: (notes) => ask(askToMerge(notes)),
    });
    if (!found) return undefined;
    const { id, position } = found.last.message;
    return { of: found.of, text: found.text, after, coversUpTo: position, coversUpToMessageId: id };
  }
}

/** The characters left for messages beside the live synopsis. */
function pieceFor({ agent: { id, limits } }: SynopsisAttempt): number {
  const left = limits.historyCharacters - SYNOPSIS_LIMITS.content;
  if (left < MIN_PIECE) {
    throw new Error(`historyCharacters of ${id} must be at least ${MIN_PIECE + SYNOPSIS_LIMITS.content}`);
  }
  return left;
}
