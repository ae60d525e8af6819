import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { Job, JobError, JobState } from '../domain/job.js';

/** What a client asks an agent to do. */
export interface JobRequest {
  readonly query: string | undefined;
  /** What the agent shall know beforehand. */
  readonly memory: string | JsonObject | undefined;
}

/**
 * Carries an attempt out, from wherever it had got to.
 * @param signal its reason is a JobStop, to be thrown
 * @throws JobFailed, JobStop
 */
export type JobWork = (job: JobState, signal: AbortSignal) => Promise<JsonObject>;

/** How the jobs of some agents are carried out. */
export interface JobHandler {
  /**
   * What is kept of the request.
   * @throws InputInvalid
   */
  accept(request: JobRequest): JsonObject;
  /**
   * What has to happen in the unit of work that starts an attempt, or goes on with one.
   * @returns what is to be done when that is stored
   * @throws DomainError that fails the job, where it can never be carried out
   */
  begin(tx: Transaction, job: Job): Promise<JobWork>;
  /**
   * Ends what an attempt that nobody will go on with has left open.
   * @param error why it failed; null where it was cancelled
   */
  abandon(tx: Transaction, job: Job, error: JobError | null): Promise<void>;
}

/** Which agent's jobs are carried out how. Modules register theirs when they start. */
@Injectable()
export class JobHandlers {
  private readonly special = new Map<string, JobHandler>();
  private usual: JobHandler | undefined;

  /** @param agent unset = every agent that has no handler of its own */
  register(handler: JobHandler, agent?: string): void {
    if (agent === undefined) this.usual = handler;
    else this.special.set(agent, handler);
  }

  /** @throws Error where none is registered, which is a defect of the composition */
  of(agent: string): JobHandler {
    const handler = this.special.get(agent) ?? this.usual;
    if (!handler) throw new Error(`No handler is registered for jobs of ${agent}`);
    return handler;
  }
}
