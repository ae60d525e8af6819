import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Database } from './database.js';

/** The window begins with a user's first request after the one before has ended, by the clock of the database. */
const COUNT = `
  insert into request_rates as r (user_id, requests, window_ends_at)
  values ($1, 1, clock_timestamp() + $2 * interval '1 millisecond')
  on conflict (user_id) do update
    set requests = case when r.window_ends_at <= clock_timestamp() then 1 else r.requests + 1 end,
        window_ends_at =
          case when r.window_ends_at <= clock_timestamp() then excluded.window_ends_at else r.window_ends_at end
  returning requests, ceil(extract(epoch from window_ends_at - clock_timestamp()))::integer as seconds_left`;

/**
 * Counts the requests of users in the database, so that a limit is one limit whatever the number of instances. The table
 * is unlogged: counting waits for no disk, and a crash of PostgreSQL begins new windows.
 */
@Injectable()
export class RequestRates implements ThrottlerStorage {
  constructor(private readonly database: Database) {}

  /** @throws DatabaseUnavailable */
  async increment(userId: string, windowMs: number, limit: number) {
    const [row] = await this.database.query<{ requests: number; seconds_left: number }>(COUNT, [
      userId,
      windowMs,
    ]);
    const { requests, seconds_left: secondsLeft } = row!;
    return {
      totalHits: requests,
      timeToExpire: secondsLeft,
      isBlocked: requests > limit,
      timeToBlockExpire: secondsLeft,
    };
  }
}
