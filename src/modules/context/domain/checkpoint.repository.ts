import { Checkpoint } from './checkpoint.js';

/** The checkpoints, inside a unit of work. */
export abstract class CheckpointRepository {
  /**
   * @returns false if it is stored already: this unit of work repeats a commit whose answer was lost
   * @throws CheckpointChanged where another checkpoint is based on the same one
   */
  abstract add(checkpoint: Checkpoint): Promise<boolean>;
  /** @param thread its key */
  abstract newest(sessionId: string, thread: string): Promise<Checkpoint | undefined>;
}
