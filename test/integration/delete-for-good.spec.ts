import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_ATOMIC, askedIn, callDecision, finish, propose, toolResult, writes } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

const [, STATEMENTS] = /\n### Delete data for good\n[^]*?```sql\n([^]*?)```/.exec(
  readFileSync('docs/operations.md', 'utf8'),
)!;

/** Tables whose rows belong to a session or a user; without partitions and views. */
const OWNED = `
  select c.relname as name, a.attname as owner
    from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
   where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
     and a.attname in ('session_id', 'user_id', 'owner')`;

describe('the statements that delete data for good', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it('leave nothing of a user, and everything of others', async () => {
    const session = await app.client.openSession();
    app.model.reset();
    app.model.script(writes(), finish('done'));
    const { call_id } = askedIn(await app.client.ask(session, 'Write greet.js'));
    await app.client.stream(session, callDecision(call_id, 'approve'));
    await app.client.stream(session, toolResult(call_id));
    app.model.reset(NOT_ATOMIC);
    app.model.script(propose());
    await app.client.ask(session, 'Build a greeting tool', { agent: 'architect' });
    const others = await app.client.openSession();
    await app.database.rows(`update sessions set user_id = 'bob' where id = $1`, [others]);

    await app.database.rows(STATEMENTS!.replaceAll(`'alice'`, `'local'`));

    expect(await app.database.rows('select id, user_id from sessions')).toEqual([
      { id: others, user_id: 'bob' },
    ]);
    for (const { name, owner } of await app.database.rows<{ name: string; owner: string }>(OWNED)) {
      expect(STATEMENTS).toContain(`delete from ${name} `);
      const gone = owner === 'session_id' ? session : 'local';
      expect(await app.database.rows(`select from ${name} where ${owner}::text = $1`, [gone]), name).toEqual(
        [],
      );
    }
  });
});
