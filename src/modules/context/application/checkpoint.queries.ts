import { Checkpoint } from '../domain/checkpoint.js';

/** Reads checkpoints for the API and for jobs. */
export abstract class CheckpointQueries {
  /** @param thread its key */
  abstract newest(sessionId: string, thread: string): Promise<Checkpoint | undefined>;
  /** The checkpoint that one of these calls to models has written, if it is stored. */
  abstract writtenBy(sessionId: string, callIds: readonly string[]): Promise<Checkpoint | undefined>;
}
