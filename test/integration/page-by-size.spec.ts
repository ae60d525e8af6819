import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bySize, pageBySize } from '../../src/shared/infrastructure/persistence/page-by-size.js';
import { TestDatabase } from '../support/database.js';

interface Row {
  readonly n: number;
  readonly found: number;
}

/** How many pages of the table or its large values a statement has looked at. */
interface Explained {
  readonly 'QUERY PLAN': [{ readonly Plan: Readonly<Record<`Shared ${'Hit' | 'Read'} Blocks`, number>> }];
}

describe('a page that is cut by its size', () => {
  let database: TestDatabase;
  const sql = bySize('select n, content from texts order by n limit 201', 'n', ['content']);

  beforeAll(async () => {
    database = await TestDatabase.create();
    await database.rows(`
      create table texts as
        select n, (select string_agg(md5(concat(n, i)), '') from generate_series(1, 3125) as i) as content
          from generate_series(1, 200) as n`);
  });
  afterAll(() => database.drop());

  it('ends with the row that exceeds 4 MB', async () => {
    const page = pageBySize<{ n: number }>(await database.rows<Row>(sql), 200, ({ n }) => String(n));
    expect([page.data.length, page.hasMore, page.nextCursor]).toEqual([42, true, '42']);
  });

  it('is found without reading the texts that it leaves out', async () => {
    const [explained] = await database.rows<Explained>(`explain (analyze, buffers, format json) ${sql}`);
    const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = explained!['QUERY PLAN'][0].Plan;
    expect(hit + read).toBeLessThan(50); // the texts take more than 1000
  });
});
