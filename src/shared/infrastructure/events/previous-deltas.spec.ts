import { expect, it } from 'vitest';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../application/shutdown.js';
import { Database } from '../persistence/database.js';
import { PreviousDeltas } from './previous-deltas.js';

const HOUR = 3_600_000;
const RETENTION_SECONDS = 60;

it('scans all messages again once the clock of the database was set back', async () => {
  let now = Date.parse('2026-11-20T12:00:00Z');
  let found: object[] = [];
  let asked: Date[] = [];
  const query = async (_sql: string, [after]: readonly unknown[]) => {
    asked.push(after as Date);
    return found.splice(0);
  };
  const pruner = new PreviousDeltas(
    { query } as unknown as Database,
    { eventDeltaRetentionSeconds: RETENTION_SECONDS } as Config,
    {} as Shutdown,
    { now: () => new Date(now) },
  );
  /** From where it scans. */
  const begin = async () => {
    asked = [];
    await pruner.prune();
    return asked[0]!.getTime();
  };
  found = [{ created_at: new Date(now - RETENTION_SECONDS * 1000), session_id: 's', seq: 1, deleted: 0 }];
  expect(await begin()).toBeLessThan(0);
  expect(await begin()).toBeGreaterThan(now - HOUR);
  now -= HOUR;
  expect(await begin()).toBeLessThan(0);
});
