import { DomainEvent } from '../domain/domain-event.js';
import { StoredEvent } from './event-stream.js';

/** A repository class: type, injection key and description of the port. */
export type RepositoryType<R> = abstract new (...args: never[]) => R;

/** The operations inside a unit of work. Unusable once the work has returned. */
export interface Transaction {
  /** The repository bound to this transaction's connection. */
  get<R>(repository: RepositoryType<R>): R;
  /** Appends events to the logs of their sessions at the end of the work, in the order given. */
  record(...events: DomainEvent[]): void;
  /** Called only after the commit, for metrics, logs and notifications in this process. It must not throw. */
  afterCommit(callback: () => void): void;
}

/** The outcome of a unit of work. */
export interface Committed<T> {
  readonly value: T;
  /** The appended events, with their numbers in the log. */
  readonly events: readonly StoredEvent[];
  /** The outcome is that of an earlier, identical request: the state may have changed since. */
  readonly replayed: boolean;
}

/**
 * One named, short transaction, independent of HTTP: controllers, workers and scripts call it the same way. In order:
 * work, raise sums, append events, commit, publish in this process, notify other processes.
 *
 * The whole work has up to three attempts: it is repeated when another transaction has changed a row, on serialisation
 * failures and deadlocks, and on another connection when its own is lost before the commit or leads to a read-only
 * server. So work must have no effects outside the database.
 *
 * Within an idempotent request (Idempotency) the outcome is stored with the key; a repeated request gets the stored
 * outcome and the work is skipped. So work returns plain data (objects, arrays, dates, no instances of classes), and
 * everything that its outcome triggers must be safe to trigger again, much later.
 *
 * @throws UnitOfWorkMisuse when called inside another unit of work or while a model call is open on the same path
 * @throws IdempotencyKeyReused when another request has the key of this one
 * @throws DatabaseUnavailable when no attempt succeeds, or the commit may have happened (`mayBeStored`)
 */
export abstract class UnitOfWork {
  abstract run<T>(operation: string, work: (tx: Transaction) => Promise<T>): Promise<Committed<T>>;

  /** Waits until all units of work have begun that wait for a connection now. */
  abstract takeTurn(): Promise<void>;
}
