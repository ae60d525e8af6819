import { describe, expect, inject, it } from 'vitest';
import { QueuePool } from '../../src/modules/jobs/infrastructure/queue-pool.js';

describe('the pool of the queue', () => {
  it('takes a connection back once, also when it is given back twice', async () => {
    const pool = new QueuePool({ connectionString: inject('postgresUrl'), max: 1 });
    const release = await new Promise<() => void>((connected) => {
      pool.connect((_error, _client, giveBack) => connected(giveBack));
    });
    release();
    expect(release).not.toThrow();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});
