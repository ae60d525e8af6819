import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Database } from './database.js';

/** A window begins with a user's first request after the previous one has ended, by the database's clock. */
const TAKE = `
  insert into request_rates as r (user_id, requests, window_ends_at)
  values ($1, $3, clock_timestamp() + $2 * interval '1 millisecond')
  on conflict (user_id) do update
    set requests = case when r.window_ends_at <= clock_timestamp() then $3 else r.requests + $3 end,
        window_ends_at =
          case when r.window_ends_at <= clock_timestamp() then excluded.window_ends_at else r.window_ends_at end
  returning requests, extract(epoch from window_ends_at - clock_timestamp())::float8 as seconds_left`;

/** A process takes 1/30 of the limit at a time. */
const PARTS = 30;

/** The share of a user's requests that this process has taken in the current window. */
interface Share {
  /** Requests that it may still let pass. */
  left: number;
  /** Requests of the window taken by all processes. */
  readonly taken: number;
  /** By `performance.now()`. */
  readonly endsAt: number;
}

/**
 * Counts the requests of users in the database, so that the limit holds over all instances. A process takes a share
 * of the limit at a time and lets that many requests pass without a query; otherwise all requests of a user would
 * wait for one row. The unused part of a share is lost to other instances until the window ends.
 *
 * The table is unlogged: counting does not wait for the disk, and a crash of PostgreSQL begins new windows.
 */
@Injectable()
export class RequestRates implements ThrottlerStorage {
  private readonly shares = new Map<string, Share>();
  private readonly taking = new Map<string, Promise<void>>();

  constructor(private readonly database: Database) {}

  /** @throws DatabaseUnavailable */
  async increment(userId: string, windowMs: number, limit: number) {
    let share = this.current(userId);
    while (!share || (share.left === 0 && share.taken < limit)) {
      await this.take(userId, windowMs, limit);
      share = this.current(userId);
    }
    const isBlocked = share.left === 0;
    if (!isBlocked) share.left--;
    const seconds = Math.ceil((share.endsAt - performance.now()) / 1000);
    return {
      totalHits: share.taken - share.left,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: seconds,
    };
  }

  private current(userId: string): Share | undefined {
    const share = this.shares.get(userId);
    return share && share.endsAt > performance.now() ? share : undefined;
  }

  /** Requests that arrive meanwhile wait for the same share. */
  private take(userId: string, windowMs: number, limit: number): Promise<void> {
    const running = this.taking.get(userId);
    if (running) return running;
    const taking = this.takeShare(userId, windowMs, limit).finally(() => this.taking.delete(userId));
    this.taking.set(userId, taking);
    return taking;
  }

  private async takeShare(userId: string, windowMs: number, limit: number): Promise<void> {
    const wanted = Math.ceil(limit / PARTS);
    const [row] = await this.database.query<{ requests: number; seconds_left: number }>(TAKE, [
      userId,
      windowMs,
      wanted,
    ]);
    const { requests, seconds_left: secondsLeft } = row!;
    this.forgetEnded();
    this.shares.set(userId, {
      left: Math.max(0, Math.min(wanted, limit - (requests - wanted))),
      taken: Math.min(requests, limit),
      endsAt: performance.now() + secondsLeft * 1000,
    });
  }

  private forgetEnded(): void {
    for (const userId of this.shares.keys()) if (!this.current(userId)) this.shares.delete(userId);
  }
}
