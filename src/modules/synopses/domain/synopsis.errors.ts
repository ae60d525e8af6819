import { DomainError, ErrorKind } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

export class SynopsisVersionNotFound extends DomainError {
  readonly code = 'synopsis.version_not_found';
  readonly kind = 'not_found';

  constructor(sessionId: string, version: string) {
    super(`The synopsis of session ${sessionId} has no version ${version}`);
  }
}

/** The new text is based on a version that is no longer live. */
export class SynopsisVersionChanged extends DomainError {
  readonly code = 'synopsis.version_changed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(sessionId: string, liveVersion: number) {
    super(`The synopsis of session ${sessionId} is at version ${liveVersion} by now; look at it again`);
    this.details = { live_version: liveVersion };
  }
}

/** Tells a waiting client that the synopsis failed or is delayed, with the error of its job. */
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
