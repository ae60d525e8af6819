import { DomainError, ErrorKind } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

export class SynopsisVersionNotFound extends DomainError {
  readonly code = 'synopsis.version_not_found';
  readonly kind = 'not_found';

  constructor(sessionId: string, version: string) {
    super(`The synopsis of session ${sessionId} has no version ${version}`);
  }
}

/** What was to be written was made of another version than the one that is live. */
export class SynopsisVersionChanged extends DomainError {
  readonly code = 'synopsis.version_changed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(sessionId: string, liveVersion: number) {
    super(`The synopsis of session ${sessionId} is at version ${liveVersion} by now; look at it again`);
    this.details = { live_version: liveVersion };
  }
}

/** Whoever waits for a synopsis learns that it does not come, or not yet: why, in the words of its job. */
export class SynopsisNotFormed extends DomainError {
  constructor(
    readonly code: string,
    message: string,
    readonly kind: ErrorKind,
    override readonly details: JsonObject,
    override readonly retryAfterSeconds: number | undefined,
  ) {
    super(message);
  }
}
