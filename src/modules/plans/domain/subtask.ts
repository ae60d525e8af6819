import { SubtaskStatus } from './subtask.states.js';

/** Why a subtask failed. The message may be shown to clients. */
export type SubtaskError = { code: string; message: string };

/** One step of a plan, for one agent. */
export interface Subtask {
  readonly id: string;
  /** The version of the plan it belongs to. */
  readonly revision: number;
  /** Starts at 1. */
  readonly position: number;
  readonly title: string;
  readonly description: string;
  readonly agent: string;
  /** Ids of earlier subtasks, whose results are part of its prompt. */
  readonly dependencies: string[];
  readonly estimatedMinutes: number | null;
  readonly status: SubtaskStatus;
  /** The number of starts since the user's last decision on the plan. */
  readonly attempt: number;
  readonly result: string | null;
  /** The error of the last failed attempt. */
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
