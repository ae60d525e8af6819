import { AsyncLocalStorage } from 'node:async_hooks';
import { deserialize, serialize } from 'node:v8';
import { Injectable } from '@nestjs/common';
import { IdempotencyKeyReused } from '../../application/errors.js';
import { Idempotency, IdempotentRequest, KEY_RETENTION_HOURS } from '../../application/idempotency.js';
import { EventPlace } from '../events/event-log.js';
import { SqlTransaction } from './sql-transaction.js';

/** Keys created before this time have expired. */
export const OLDEST_KEPT = `now() - interval '${KEY_RETENTION_HOURS} hours'`;

/**
 * Waits for a transaction that is taking the same key. An expired row counts as absent: it is overwritten, whether or
 * not the pruner has seen it.
 */
const TAKE = `
  insert into idempotency_keys as k (user_id, key, fingerprint, created_at) values ($1, $2, $3, now())
  on conflict (user_id, key) do update
    set fingerprint = excluded.fingerprint, outcome = null, created_at = excluded.created_at
  where k.created_at <= ${OLDEST_KEPT}
  returning 1`;

/** A separate statement: the snapshot of TAKE is older than the commit that it waited for. */
const FIND = 'select fingerprint, outcome from idempotency_keys where user_id = $1 and key = $2';

const RECORD = 'update idempotency_keys set outcome = $3 where user_id = $1 and key = $2';

/** The stored outcome of the first request with a key. */
export interface Outcome {
  readonly value: unknown;
  /** The positions of its events: their data may be large, and is in the log. */
  readonly places: readonly EventPlace[];
}

/** A request with a key, in progress. */
export class OpenRequest {
  #open = true;

  constructor(readonly request: IdempotentRequest) {}

  get isOpen(): boolean {
    return this.#open;
  }

  /** Work after the outcome is stored, or after the response, is not part of the request. */
  close(): void {
    this.#open = false;
  }
}

/** The table of keys, and the current request of an asynchronous path. */
@Injectable()
export class IdempotencyKeys extends Idempotency {
  private readonly path = new AsyncLocalStorage<OpenRequest>();

  async within<T>(request: IdempotentRequest, work: () => Promise<T>): Promise<T> {
    const open = new OpenRequest(request);
    try {
      return await this.path.run(open, work);
    } finally {
      open.close();
    }
  }

  /** The request on this path whose outcome is not stored yet. */
  current(): OpenRequest | undefined {
    const open = this.path.getStore();
    return open?.isOpen ? open : undefined;
  }

  /**
   * The first statement of a transaction: takes the key of a request.
   * @returns the outcome of the same, earlier request; undefined for the first one
   * @throws IdempotencyKeyReused
   */
  async take(transaction: SqlTransaction, request: IdempotentRequest): Promise<Outcome | undefined> {
    const { userId, key, fingerprint } = request;
    const taken = await transaction.query(TAKE, [userId, key, fingerprint]);
    if (taken.length > 0) return undefined;
    const [found] = await transaction.query<{ fingerprint: Buffer; outcome: Buffer }>(FIND, [userId, key]);
    if (!found?.fingerprint.equals(fingerprint)) throw new IdempotencyKeyReused();
    return deserialize(found.outcome) as Outcome;
  }

  /** The last statement: stores the outcome, in the same commit. */
  record(transaction: SqlTransaction, { userId, key }: IdempotentRequest, outcome: Outcome): void {
    transaction.write({ text: RECORD, values: [userId, key, serialize(outcome)] });
  }
}
