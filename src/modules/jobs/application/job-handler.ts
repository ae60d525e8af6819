import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { Job, JobError, JobState, isOfAgent } from '../domain/job.js';

/** A client's request to an agent. */
export interface JobRequest {
  readonly query: string | undefined;
  /** Background information for the agent. */
  readonly memory: string | JsonObject | undefined;
}

/**
 * Executes an attempt, or resumes one that another process began.
 * @param signal its reason is a JobStop, to be thrown
 * @throws JobFailed, JobStop
 */
export type JobWork = (job: JobState, signal: AbortSignal) => Promise<JsonObject>;

/** Executes the jobs of some types. */
export interface JobHandler {
  /**
   * Turns the request into the stored payload.
   * @throws InputInvalid
   */
  accept(request: JobRequest): JsonObject;
  /**
   * Prepares an attempt, in the unit of work that starts or resumes it.
   * @returns the work to do after the commit
   * @throws DomainError that fails the job for good
   */
  begin(tx: Transaction, job: Job): Promise<JobWork>;
  /**
   * Closes what an attempt has left open when it ends for good.
   * @param error why it failed; null if it was cancelled
   */
  abandon(tx: Transaction, job: Job, error: JobError | null): Promise<void>;
}

/** The handlers by type of job. Modules register theirs when they start. */
@Injectable()
export class JobHandlers {
  private readonly special = new Map<string, JobHandler>();
  private usual: JobHandler | undefined;

  /** @param type unset = those of all agents without a handler of their own */
  register(handler: JobHandler, type?: string): void {
    if (type === undefined) this.usual = handler;
    else this.special.set(type, handler);
  }

  /** The types that have a handler of their own. */
  get types(): string[] {
    return [...this.special.keys()];
  }

  /**
   * @throws Error if none is registered: a defect of the composition, or the type is one of a newer release, whose
   * processes take the job
   */
  of(type: string): JobHandler {
    const handler = this.special.get(type) ?? (isOfAgent(type) ? this.usual : undefined);
    if (!handler) throw new Error(`No handler is registered for jobs of the type ${type}`);
    return handler;
  }
}
