import { JsonObject } from './json.js';

/**
 * A fact worth telling: it is appended to the log of its session in the transaction that stores the state it
 * tells of, and reaches clients as a server-sent event of the same type.
 */
export interface DomainEvent {
  readonly type: string;
  readonly sessionId: string;
  readonly runId: string | null;
  readonly data: JsonObject;
  /** From here on only those pieces of the run's answers are appended that have this token. */
  readonly writer?: string | undefined;
}
