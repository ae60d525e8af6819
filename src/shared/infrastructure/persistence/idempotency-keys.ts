import { AsyncLocalStorage } from 'node:async_hooks';
import { deserialize, serialize } from 'node:v8';
import { Injectable } from '@nestjs/common';
import { IdempotencyKeyReused } from '../../application/errors.js';
import { Idempotency, IdempotentRequest, KEY_RETENTION_HOURS } from '../../application/idempotency.js';
import { Clock } from '../../domain/clock.js';
import { EventPlace } from '../events/event-log.js';
import { SqlTransaction } from './sql-transaction.js';

/**
 * Waits for a transaction that is taking the same key. A row that is too old counts as absent: it is taken over in
 * place, whether or not the pruner has seen it.
 */
const TAKE = `
  insert into idempotency_keys as k (user_id, key, fingerprint, created_at) values ($1, $2, $3, $4)
  on conflict (user_id, key) do update
    set fingerprint = excluded.fingerprint, outcome = null, created_at = excluded.created_at
  where k.created_at <= $5
  returning 1`;

/** A statement of its own: the one above began before the transaction it waited for had committed. */
const FIND = 'select fingerprint, outcome from idempotency_keys where user_id = $1 and key = $2';

const RECORD = 'update idempotency_keys set outcome = $3 where user_id = $1 and key = $2';

/** What a unit of work left behind when its request came for the first time. */
export interface Outcome {
  readonly value: unknown;
  /** Where its events are: what is in them may be large, and the log has it already. */
  readonly places: readonly EventPlace[];
}

/** When a key that was made before has been forgotten. */
export const oldestKept = (now: Date): Date => new Date(now.getTime() - KEY_RETENTION_HOURS * 3_600_000);

/** A request that is under way. */
export class OpenRequest {
  #open = true;

  constructor(readonly request: IdempotentRequest) {}

  get isOpen(): boolean {
    return this.#open;
  }

  /** What goes on after the effect is stored, or after the answer, is no part of the request. */
  close(): void {
    this.#open = false;
  }
}

/** The table of keys, and which request the asynchronous path belongs to. */
@Injectable()
export class IdempotencyKeys extends Idempotency {
  private readonly path = new AsyncLocalStorage<OpenRequest>();

  constructor(private readonly clock: Clock) {
    super();
  }

  async within<T>(request: IdempotentRequest, work: () => Promise<T>): Promise<T> {
    const open = new OpenRequest(request);
    try {
      return await this.path.run(open, work);
    } finally {
      open.close();
    }
  }

  /** The request on this path whose effect is not stored yet. */
  current(): OpenRequest | undefined {
    const open = this.path.getStore();
    return open?.isOpen ? open : undefined;
  }

  /**
   * The first statement of a transaction: takes the key of a request.
   * @returns what the same request led to before, or undefined where this one is the first
   * @throws IdempotencyKeyReused
   */
  async take(transaction: SqlTransaction, request: IdempotentRequest): Promise<Outcome | undefined> {
    const { userId, key, fingerprint } = request;
    const now = this.clock.now();
    const taken = await transaction.query(TAKE, [userId, key, fingerprint, now, oldestKept(now)]);
    if (taken.length > 0) return undefined;
    const [found] = await transaction.query<{ fingerprint: Buffer; outcome: Buffer }>(FIND, [userId, key]);
    if (!found?.fingerprint.equals(fingerprint)) throw new IdempotencyKeyReused();
    return deserialize(found.outcome) as Outcome;
  }

  /** The last statement: what the request has led to takes effect with it. */
  record(transaction: SqlTransaction, { userId, key }: IdempotentRequest, outcome: Outcome): void {
    transaction.write({ text: RECORD, values: [userId, key, serialize(outcome)] });
  }
}
