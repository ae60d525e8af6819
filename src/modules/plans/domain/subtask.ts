import { SubtaskStatus } from './subtask.states.js';

/** Why a subtask was not done. The message may be shown to clients. */
export type SubtaskError = { code: string; message: string };

/** One step of a plan, for one agent. */
export interface Subtask {
  readonly id: string;
  /** The version of the plan it belongs to. */
  readonly revision: number;
  /** 1 for the first. */
  readonly position: number;
  readonly title: string;
  readonly description: string;
  readonly agent: string;
  /** Ids of earlier subtasks, whose results it is given. */
  readonly dependencies: string[];
  readonly estimatedMinutes: number | null;
  readonly status: SubtaskStatus;
  /** How often it was begun since a human last decided on the plan. */
  readonly attempt: number;
  readonly result: string | null;
  /** Of the last attempt that failed. */
  readonly error: SubtaskError | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface Progress {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

export const progressOf = (subtasks: readonly Subtask[]): Progress => ({
  done: subtasks.filter(({ status }) => status === 'done').length,
  failed: subtasks.filter(({ status }) => status === 'failed').length,
  total: subtasks.length,
});
