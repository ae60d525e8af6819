import { StorageFailed } from '../../../shared/application/errors.js';
import { LeaseLost } from '../domain/run.errors.js';
import { INTERNAL_ERROR, PERSISTENCE_FAILED, RunError } from '../domain/run.js';

/** Why a process stops carrying a run on. What comes of the run stands in the database. */
export const CANCELLED = new Error('somebody wants the run to end');
export const STOPPING = new Error('the process ends');

/** The run is left as it is, for another process to go on with. */
export class RunLeft extends Error {}

export const HANDED_OVER = new RunLeft('the process ends, and hands its runs over');
export const LEASE_LOST = new RunLeft('another process carries the run on');

/** Whether this process must not write anything more about the run. */
export const hasLeft = (error: unknown, signal: AbortSignal): boolean =>
  error instanceof LeaseLost || signal.reason instanceof RunLeft;

/** What a client learns of a defect. */
export const errorOf = (error: unknown): RunError =>
  error instanceof StorageFailed ? PERSISTENCE_FAILED : INTERNAL_ERROR;
