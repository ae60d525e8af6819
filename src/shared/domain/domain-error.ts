import { JsonObject } from './json.js';

/** What sort of refusal an error is; the API maps each kind to one HTTP status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'too_large'
  | 'unsupported'
  | 'unprocessable'
  | 'too_many'
  | 'unavailable';

/** One fault of an input, with the field it was found in. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/**
 * An error that is part of the API: `code` is stable, the message may be shown to a client.
 * Anything else that is thrown is a defect, and a client learns only that something went wrong.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;
  abstract readonly kind: ErrorKind;
  /** Facts that help a client to react, merged into the problem answer. */
  readonly details: JsonObject = {};
  /** Which fields of the input are at fault. */
  readonly faults: readonly FieldFault[] = [];
  /** Seconds until a retry makes sense, if known. */
  readonly retryAfterSeconds: number | undefined = undefined;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Enough to identify a field: a client may send a name as long as its request. */
const LONGEST_FIELD = 100;

/** The input has the right shape but an invalid value. */
export class InputInvalid extends DomainError {
  readonly code = 'request.invalid';
  readonly kind = 'invalid';
  override readonly faults: readonly FieldFault[];

  constructor(faults: readonly FieldFault[]) {
    const named = faults.map(({ field, message }) => ({
      field: field.slice(0, LONGEST_FIELD).toWellFormed(),
      message,
    }));
    super(`The request is invalid: ${named.map(({ field, message }) => `${field}: ${message}`).join('; ')}`);
    this.faults = named;
  }
}

/** Another transaction changed the row since it was read. The unit of work repeats the whole work. */
export class ConcurrencyError extends DomainError {
  readonly code = 'state.changed_meanwhile';
  readonly kind = 'conflict';

  constructor(what: string) {
    super(`${what} was changed by another request at the same moment; try again`);
  }
}
