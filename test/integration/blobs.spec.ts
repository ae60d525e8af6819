import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { BlobQueries, BlobRepository } from '../../src/modules/blobs/index.js';
import { BlobPruner } from '../../src/modules/blobs/infrastructure/blob-pruner.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { TestApp } from '../support/test-app.js';

const QUOTA = 20_000;

let app: TestApp;
let uow: UnitOfWork;
let queries: BlobQueries;

beforeAll(async () => {
  app = await TestApp.start({ AUTH_MODE: 'api_key', BLOB_QUOTA_PER_USER: String(QUOTA) });
  uow = app.nest.get(UnitOfWork);
  queries = app.nest.get(BlobQueries);
});

afterAll(() => app.stop());

const bytesOf = (text: string) => Buffer.from(text);
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

async function within<T>(work: (blobs: BlobRepository) => Promise<T>): Promise<T> {
  return (await uow.run('test_blobs', (tx) => work(tx.get(BlobRepository)))).value;
}

const put = (userId: string, text: string) => within((blobs) => blobs.put(userId, bytesOf(text)));
const prune = () => app.nest.get(BlobPruner).prune();

const openSession = async (userId: string): Promise<string> =>
  (await (await app.as(userId)).post('/v1/sessions', {})).body.id;

const deleteSession = async (userId: string, id: string): Promise<unknown> =>
  (await app.as(userId)).call('DELETE', `/v1/sessions/${id}`);

const stored = async (userId: string): Promise<string[]> =>
  (
    await app.database.rows<{ text: string }>(
      `select convert_from(bytes, 'utf8') as text from blobs where user_id = $1 order by 1`,
      [userId],
    )
  ).map(({ text }) => text);

/** As if this much time had gone by. */
const age = (userId: string, hours: number) =>
  app.database.rows(
    'update blobs set expires_at = expires_at - make_interval(hours => $2) where user_id = $1',
    [userId, hours],
  );

describe('the bytes of users', () => {
  it('are stored once for a user, by the hash that the server makes, and read by their user alone', async () => {
    expect(await put('ada', 'once')).toBe(hashOf('once'));
    expect(await put('ada', 'once')).toBe(hashOf('once'));
    expect(await stored('ada')).toEqual(['once']);

    expect([...(await queries.read('ada', [hashOf('once')]))]).toEqual([[hashOf('once'), bytesOf('once')]]);
    expect(await queries.read('bob', [hashOf('once')])).toEqual(new Map());
    const session = await openSession('bob');
    await expect(
      within((blobs) => blobs.use('bob', session, 'workspace', [hashOf('once')])),
    ).rejects.toMatchObject({ code: 'blob.missing', details: { hashes: [hashOf('once')] } });
  });

  it('go a day after they were stored, where no session uses them', async () => {
    await put('carl', 'unused');
    await age('carl', 23);
    await prune();
    expect(await stored('carl')).toEqual(['unused']);
    await put('carl', 'unused'); // another day
    await age('carl', 23);
    await prune();
    expect(await stored('carl')).toEqual(['unused']);

    await age('carl', 1);
    expect(await queries.read('carl', [hashOf('unused')])).toEqual(new Map());
    await prune();
    expect(await stored('carl')).toEqual([]);
  });

  it('go with their last use, of whatever session and purpose', async () => {
    const [one, other] = [await openSession('dora'), await openSession('dora')];
    for (const text of ['rules', 'picture']) await put('dora', text);
    const hashes = [hashOf('rules'), hashOf('picture')];
    await within((blobs) => blobs.use('dora', one, 'workspace', hashes));
    await within((blobs) => blobs.use('dora', other, 'workspace', hashes));
    await within((blobs) => blobs.use('dora', other, 'messages', [hashOf('picture')]));
    await age('dora', 48);
    await prune();
    expect(await stored('dora')).toEqual(['picture', 'rules']);

    await deleteSession('dora', one);
    await prune();
    expect(await stored('dora')).toEqual(['picture', 'rules']);

    await within((blobs) => blobs.release('dora', other, 'workspace', [hashOf('rules')]));
    await within((blobs) => blobs.release('dora', other, 'workspace', []));
    expect(await queries.read('dora', [hashOf('rules')])).toEqual(new Map());
    await prune();
    expect(await stored('dora')).toEqual(['picture']);

    await deleteSession('dora', other);
    await prune();
    expect(await stored('dora')).toEqual([]);
    expect(await app.database.rows(`select from blob_uses where user_id = 'dora'`)).toEqual([]);
  });

  it('stay for a session that uses them where they are stored once more', async () => {
    const session = await openSession('nia');
    await put('nia', 'kept');
    await within((blobs) => blobs.use('nia', session, 'workspace', [hashOf('kept')]));
    await put('nia', 'kept');
    expect(await app.database.rows(`select expires_at from blobs where user_id = 'nia'`)).toEqual([
      { expires_at: null },
    ]);
  });

  it('go where the sessions that use them are deleted at the same moment', async () => {
    const sessions = await Promise.all(Array.from({ length: 4 }, () => openSession('eve')));
    for (const text of ['a', 'b', 'c']) await put('eve', text);
    const hashes = ['a', 'b', 'c'].map(hashOf);
    await Promise.all(
      sessions.map((session, turn) =>
        within((blobs) =>
          blobs.use('eve', session, 'workspace', turn % 2 === 0 ? hashes : hashes.toReversed()),
        ),
      ),
    );
    await Promise.all(sessions.map((session) => deleteSession('eve', session)));
    await prune();
    expect(await stored('eve')).toEqual([]);
  });

  it('tell their sizes to their user alone', async () => {
    await put('jo', 'four');
    const hashes = [hashOf('four'), hashOf('once')];
    expect([...(await queries.sizes('jo', hashes))]).toEqual([[hashOf('four'), 4]]);
    expect(await queries.sizes('kim', hashes)).toEqual(new Map());
  });

  it('are shown as images to their user alone, and by what the messages of a session use', async () => {
    const facts = { mediaType: 'image/png', width: 1, height: 1 } as const;
    const hash = await within((blobs) => blobs.put('lea', bytesOf('pixels'), facts));
    expect([...(await queries.images('lea', [hash]))]).toEqual([[hash, { ...facts, size: 6 }]]);
    expect(await queries.images('max', [hash])).toEqual(new Map());

    const [one, other] = [await openSession('lea'), await openSession('lea')];
    const readUsed = async (session: string) => [...(await queries.readUsed(session, [hash])).keys()];
    await within((blobs) => blobs.use('lea', one, 'workspace', [hash]));
    expect(await readUsed(one)).toEqual([]);
    await within((blobs) => blobs.use('lea', one, 'messages', [hash]));
    expect(await readUsed(one)).toEqual([hash]);
    expect(await readUsed(other)).toEqual([]);
  });

  it('are used again after their time, as long as they are there: else they are missing, and sent once more', async () => {
    const session = await openSession('finn');
    await put('finn', 'late');
    await age('finn', 24);
    const use = () => within((blobs) => blobs.use('finn', session, 'workspace', [hashOf('late')]));
    await expect(use()).rejects.toMatchObject({ code: 'blob.missing' });
    await put('finn', 'late');
    await use();
    await prune();
    expect(await stored('finn')).toEqual(['late']);
  });

  it('are limited by a quota of the user, also where many come at once; what is stored already costs nothing', async () => {
    const large = 'x'.repeat(QUOTA / 4);
    const all = Array.from({ length: 8 }, (_, n) => `${n}${large.slice(1)}`);
    const results = await Promise.allSettled(all.map((text) => put('gus', text)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: {
        code: 'blob.quota_exceeded',
        details: { limit: { name: 'BLOB_QUOTA_PER_USER', value: QUOTA } },
      },
    });
    const [kept] = await stored('gus');
    await put('gus', kept!);
    await put('hal', large);
  });

  it('count as what a row costs at least', async () => {
    const results = await Promise.allSettled(['1', '2', '3', '4', '5'].map((text) => put('ida', text)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  });
});

describe('bytes that are about to be used', () => {
  it('are skipped by what deletes those whose time has come', async () => {
    const proxy = new FlakyProxy(new URL(app.database.url));
    const slow = await TestApp.start({ DATABASE_URL: await proxy.open() }, app);
    try {
      const session = await openSession('olga');
      await put('olga', 'just in time');
      const hash = hashOf('just in time');
      proxy.holdUpFrom('update blobs set expires_at = null', 1);
      const used = slow.nest
        .get(UnitOfWork)
        .run('test_blobs', (tx) => tx.get(BlobRepository).use('olga', session, 'workspace', [hash]));
      await eventually(() => expect(proxy.isHolding).toBe(true));
      // As the pruner does it, whose clock is a moment ahead of the time that the other began with.
      const gone = await app.database.rows(
        `delete from blobs where ctid in (select ctid from blobs where user_id = 'olga' for update skip locked) returning hash`,
      );
      proxy.letGo();
      await used;
      expect(gone).toEqual([]);
      expect(await stored('olga')).toEqual(['just in time']);
    } finally {
      await slow.stop();
      await proxy.close();
    }
  });
});
