import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SentEvent, isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { ServerProcess } from '../support/server-process.js';
import { LARGE } from './support/chaos-size.js';
import { ResumingClient } from './support/resuming-client.js';
import { rowsOf } from './support/rows.js';
import { Story, StoryKind, StoryModel, taskOf } from './support/story-model.js';
import { faultsOfReading, faultsOfTelling } from './support/told-run.js';

const ofType = (type: string) => (event: SentEvent) => event.type === type;
const isDelta = ofType('message.delta');

describe('two servers on one database', () => {
  let database: TestDatabase;
  let model: StoryModel;
  let proxy: FlakyProxy;
  let owner: ServerProcess;
  let other: ServerProcess;
  let stories = 0;

  beforeAll(async () => {
    database = await TestDatabase.create();
    model = await StoryModel.start();
    proxy = new FlakyProxy(new URL(database.url));
    const url = await proxy.open();
    [owner, other] = await Promise.all([start(url), start(database.url)]);
  });
  afterAll(async () => {
    await Promise.all([owner?.stop('SIGKILL'), other?.stop('SIGKILL')]);
    await proxy?.close();
    await model?.stop();
    await database?.drop();
  });

  const start = (url: string) =>
    ServerProcess.start({ DATABASE_URL: url, OPENAI_BASE_URL: model.url, RUN_LEASE_SECONDS: '3' });

  const newStory = (kind: StoryKind): Story => ({ number: ++stories, kind, words: 40 });

  /** A story that is told by the first server, until `gone`; its client reads from the other one. */
  const tell = async (story: Story, gone = () => false) => {
    const client = new ResumingClient(
      await owner.client.openSession(),
      () => other.client,
      () => (gone() ? other : owner).client,
    );
    await client.say(taskOf(story));
    return client;
  };

  const expectTold = async (client: ResumingClient, story: Story) => {
    expect(await faultsOfTelling(database, client.sessionId, story)).toEqual([]);
    expect(await faultsOfReading(database, client.sessionId, client.transcript)).toEqual([]);
    expect(client.refusals).toEqual([]);
  };

  const attemptOf = async ({ sessionId }: ResumingClient) => {
    const [run] = await database.rows<{ attempt: number }>('select attempt from runs where session_id = $1', [
      sessionId,
    ]);
    return run!.attempt;
  };

  /** It has found out what it has lost; it reads what was stored meanwhile, and carries out runs of its own. */
  const expectBack = async (before: ResumingClient) => {
    await eventually(async () => {
      const { body } = await owner.client.get('/metrics');
      expect(String(body).split('\n')).toContain('agent_runs_active 0');
    });
    const again = new ResumingClient(before.sessionId, () => owner.client);
    await again.follow(isFinished);
    expect(again.transcript.events).toEqual(before.transcript.events);
    const story = newStory('pair');
    const next = await tell(story);
    await next.follow(isFinished);
    await expectTold(next, story);
    expect(await attemptOf(next)).toBe(1);
  };

  it('go on in the place of one that is stopped, whatever it was about to do; when it wakes it changes nothing', async () => {
    let stopped = false;
    const moments: [StoryKind, string][] = [
      ['answer', 'classification'],
      ['answer', 'answer 0'],
      ['pair', 'pair 0'],
      ['plan', 'plan 0'],
      ['plan', 'write 0'],
      ['chain', 'chain 2'],
    ];
    const runs = await Promise.all(
      moments.map(async ([kind, moment]) => {
        const story = newStory(kind);
        model.hold(`${story.number} ${moment}`);
        const client = await tell(story, () => stopped);
        const done = client.follow(isFinished);
        return { story, client, done, moment: `${story.number} ${moment}` };
      }),
    );
    await eventually(() =>
      expect(model.asked).toEqual(expect.arrayContaining(runs.map(({ moment }) => moment))),
    );
    await eventually(async () => {
      const shown = await database.rows('select distinct session_id from deltas');
      expect(shown).toHaveLength(runs.length - 1); // a classification is not shown
    });
    stopped = true;
    owner.signal('SIGSTOP');
    await Promise.all(runs.map(({ done }) => done));
    model.letGo();
    const before = [];
    for (const { client, story } of runs) {
      await expectTold(client, story);
      expect([story, await attemptOf(client)]).toEqual([story, 2]);
      before.push(await rowsOf(database, client.sessionId));
    }

    owner.signal('SIGCONT');
    await expectBack(runs[0]!.client);
    for (const [index, { client }] of runs.entries()) {
      expect(await rowsOf(database, client.sessionId)).toEqual(before[index]);
    }
  });

  it('take no word of one that wakes while the other says it anew', async () => {
    const story = { ...newStory('answer'), words: 80 };
    const reader = await tell(story);
    const heard: string[] = [];
    await reader.follow(isFinished, (event) => {
      if (isDelta(event) && !heard.includes('message.delta')) owner.signal('SIGSTOP');
      // The other one has begun to speak.
      if (isDelta(event) && heard.at(-1) !== 'message.delta' && heard.includes('message.discarded')) {
        owner.signal('SIGCONT');
      }
      heard.push(event.type);
    });
    await expectBack(reader);
    await expectTold(reader, story);
  });

  // Every time that the beginning of a story locks its run. Sweeps lock other rows, whenever their time comes.
  it.each(LARGE ? [1, 2, 3] : [3])(
    'let nothing through that a server asks of the database after its lease: from its write number %i on',
    async (nth) => {
      let held = false;
      const story = newStory('pair');
      proxy.holdUpFrom('from runs where id = $1 for no key update', nth);
      const reader = await tell(story, () => held);
      await eventually(() => expect(proxy.isHolding).toBe(true));
      held = true;
      await reader.follow(isFinished);
      await expectTold(reader, story);
      expect(await attemptOf(reader)).toBe(2);
      const rows = await rowsOf(database, reader.sessionId);

      proxy.letGo();
      await expectBack(reader);
      expect(await rowsOf(database, reader.sessionId)).toEqual(rows);
    },
  );

  it('take over the runs they can, while a run that another transaction has locked waits', async () => {
    const long = (): Story => ({ ...newStory('answer'), words: 400 });
    const [locked, free] = [long(), long()];
    const [first, second] = [await tell(locked), await tell(free)];
    for (const { sessionId } of [first, second]) await owner.client.readUntil(sessionId, isDelta);
    const killed = owner.stop('SIGKILL');
    const unlock = await database.lock('select id from runs where session_id = $1 for no key update', [
      first.sessionId,
    ]);
    try {
      await killed;
      await second.follow(isFinished);
      await expectTold(second, free);
      expect(await attemptOf(second)).toBe(2);
      expect(await attemptOf(first)).toBe(1);
    } finally {
      await unlock();
    }
    await first.follow(isFinished);
    await expectTold(first, locked);
    owner = await start(database.url);
  });
});
