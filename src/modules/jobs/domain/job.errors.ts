import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

export class JobNotFound extends DomainError {
  readonly code = 'job.not_found';
  readonly kind = 'not_found';

  constructor(jobId: string) {
    super(`There is no job ${jobId}`);
  }
}

export class JobTransitionNotAllowed extends DomainError {
  readonly code = 'job.transition_not_allowed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(jobId: string, action: string, status: string, allowed: readonly string[]) {
    super(`Job ${jobId} is ${status}: ${action} is not possible`);
    this.details = { allowed_actions: [...allowed] };
  }
}

/** The Retry-After of a full quota: by then a job has probably ended. */
const QUOTA_RETRY_SECONDS = 30;

/** The limit of queued and running jobs is reached. */
export class JobQuotaExceeded extends DomainError {
  readonly code = 'job.quota_exceeded';
  readonly kind = 'too_many';
  override readonly retryAfterSeconds = QUOTA_RETRY_SECONDS;
  override readonly details: JsonObject;

  constructor(setting: 'JOB_QUOTA_PER_USER' | 'JOB_QUOTA_PER_TYPE', limit: number) {
    super(`${limit} jobs are queued or running, which is all that ${setting} allows; try again later`);
    this.details = { limit: { name: setting, value: limit } };
  }
}

/** A failed attempt. The message may be shown to clients. */
export class JobFailed extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Whether a later attempt may succeed. */
    readonly mayPass: boolean,
    /** A later attempt before this time would fail as well; undefined if that is not known. */
    readonly notBefore?: Date,
  ) {
    super(message);
    this.name = 'JobFailed';
  }
}
