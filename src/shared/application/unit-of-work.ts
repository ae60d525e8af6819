import { DomainEvent } from '../domain/domain-event.js';
import { StoredEvent } from './event-stream.js';

/** A repository class: type, key and description of the port at once. */
export type RepositoryType<R> = abstract new (...args: never[]) => R;

/** What work may do inside a unit of work. It is dead once the work has returned. */
export interface Transaction {
  /** The repository that speaks on this transaction's connection. */
  get<R>(repository: RepositoryType<R>): R;
  /** Appends events to their sessions' logs, in the order given, when the work is done. */
  record(...events: DomainEvent[]): void;
  /** Tells others than the database what the work has done: after the commit, and only then. It must not throw. */
  afterCommit(tell: () => void): void;
}

/** What a unit of work left behind. */
export interface Committed<T> {
  readonly value: T;
  /** The events it appended, with their places in the log. */
  readonly events: readonly StoredEvent[];
  /** It was left behind long ago, when the same request came for the first time: things may have gone on since. */
  readonly replayed: boolean;
}

/**
 * One named, short transaction. It belongs to the work, not to a request: controllers, workers and scripts call it
 * the same way. In order: work, append events and notify other processes, commit, publish in this process.
 *
 * The whole work is repeated (at most 3 times) when somebody else changed a row meanwhile, and on serialisation
 * failures and deadlocks; so work must not have effects other than on the database.
 *
 * Within an idempotent request (Idempotency) what the first one leaves behind is stored with it, and the same request
 * again gets that without the work being done. So work returns plain data (objects, arrays, dates, no instances of
 * classes), and what is set in motion by its outcome must bear being set in motion again, much later.
 *
 * @throws UnitOfWorkMisuse when called inside another unit of work or while a model call is open on the same path
 * @throws IdempotencyKeyReused when another request has the key of this one
 * @throws DatabaseUnavailable when the database cannot be reached
 */
export abstract class UnitOfWork {
  abstract run<T>(operation: string, work: (tx: Transaction) => Promise<T>): Promise<Committed<T>>;
}
