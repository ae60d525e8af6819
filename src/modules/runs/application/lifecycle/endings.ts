import { Logger } from '@nestjs/common';
import { StorageFailed } from '../../../../shared/application/errors.js';
import { AgentNotFound } from '../../../agents/index.js';
import { ContextTooLarge } from '../../../context/index.js';
import { JOB_TIMED_OUT } from '../../../jobs/index.js';
import { ModelError, ModelNotConfigured } from '../../../models/index.js';
import { SessionNotFound } from '../../../sessions/index.js';
import { DomainError } from '../../../../shared/domain/domain-error.js';
import { LeaseLost } from '../../../../shared/domain/lease.js';
import { INTERNAL_ERROR, PERSISTENCE_FAILED, RunError } from '../../domain/run-failure.js';
import { Run } from '../../domain/run.js';

/** Reasons for which a process stops executing a run. The run's ending is in the database. */
export const CANCELLED = new Error('the run was cancelled');
export const STOPPING = new Error('the process ends');
export const TIMED_OUT = new Error('the job takes too long');

/** The run is left as it is, for another process to continue. */
export class RunDetached extends Error {}

export const HANDED_OVER = new RunDetached('the process ends, and hands its runs over');
export const LEASE_LOST = new RunDetached('another process executes the run');

/** Whether this process must write nothing more about the run. */
export const isDetached = (error: unknown, signal: AbortSignal): boolean =>
  error instanceof LeaseLost || signal.reason instanceof RunDetached;

/** Whether a stopped run was cancelled. */
export const isCancelled = (run: Run, reason: unknown): boolean =>
  run.isCancelRequested || reason === CANCELLED;

/** Ends a stopped run as its reason says. */
export function endStopped(run: Run, reason: unknown, now: Date): void {
  if (isCancelled(run, reason)) run.cancel(now);
  else if (reason === TIMED_OUT) run.fail(JOB_TIMED_OUT, now);
  else run.interrupt(now);
}

/** The error of a run whose model failed. */
export function toRunError(error: ModelError, now: Date): RunError {
  const { code, message, facts } = error;
  const retryAt = error.retryAt(now)?.toISOString();
  return {
    code,
    message,
    ...(retryAt !== undefined && { retryAt }),
    ...(facts.providerCode !== undefined && { providerCode: facts.providerCode }),
  };
}

/** Errors of a step that are no defects: a session was deleted meanwhile, a model or an agent is gone, a context cannot be made smaller. */
const NO_DEFECTS = [SessionNotFound, ModelNotConfigured, AgentNotFound, ContextTooLarge] as const;

/** The error of a run whose step threw. */
export function errorOf(error: unknown, logger: Logger, runId: string): RunError {
  const known = NO_DEFECTS.some((type) => error instanceof type);
  if (known) {
    const { code, message } = error as DomainError;
    return { code, message };
  }
  logger.error({ err: error, run_id: runId }, 'a run failed by a defect');
  return error instanceof StorageFailed ? PERSISTENCE_FAILED : INTERNAL_ERROR;
}
