import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server-process.js';
import { report, secondsSince } from './support/chaos-size.js';
import { ResumingClient } from './support/resuming-client.js';
import { Story, StoryKind, StoryModel, taskOf } from './support/story-model.js';
import { faultsOfReading, faultsOfTelling } from './support/told-run.js';

const RUNS = 20;
const DRAIN_SECONDS = 6;
/** What the last writes may take beyond the drain. */
const LAST_WRITES_MS = 15_000;

describe('a server that is told to stop with 20 runs in flight', () => {
  let database: TestDatabase;
  let model: StoryModel;
  let servers: ServerProcess[];
  /** Who answers the clients. */
  let serving: ServerProcess;

  beforeEach(async () => {
    database = await TestDatabase.create();
    model = await StoryModel.start();
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    await model.stop();
    await database.drop();
  });

  const start = async (env: Record<string, string>) => {
    const server = await ServerProcess.start({
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      ...env,
    });
    servers.push(server);
    return server;
  };

  /** Begins all of them; each is told by the server that serves, until all of them speak. */
  const tellAll = async (stories: readonly Story[]) => {
    const runs = await Promise.all(
      stories.map(async (story) => {
        const client = new ResumingClient(await serving.client.openSession(), () => serving.client);
        await client.say(taskOf(story));
        return { story, client, done: client.follow(isFinished) };
      }),
    );
    await eventually(() =>
      expect(runs.filter(({ client }) => [...client.transcript.texts.values()].at(-1) !== '')).toHaveLength(
        RUNS,
      ),
    );
    return runs;
  };

  const statuses = async () =>
    Object.fromEntries(
      (
        await database.rows<{ status: string; runs: number }>(
          'select status, count(*)::int as runs from runs group by status',
        )
      ).map(({ status, runs }) => [status, runs]),
    );

  /** @returns how long it took */
  const stop = async (server: ServerProcess, limitMs: number) => {
    const begunAt = performance.now();
    expect(await server.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(performance.now() - begunAt).toBeLessThan(limitMs);
    return secondsSince(begunAt);
  };

  it('lets those finish that can, and keeps what the others have said', async () => {
    serving = await start({ SHUTDOWN_DRAIN_TIMEOUT_SECONDS: String(DRAIN_SECONDS) });
    const stories = Array.from({ length: RUNS }, (_, index): Story => {
      const isShort = index % 2 === 0;
      return { number: index + 1, kind: 'answer', words: isShort ? 30 : 5_000 };
    });
    const runs = await tellAll(stories);
    const took = await stop(serving, DRAIN_SECONDS * 1000 + LAST_WRITES_MS);
    const ended = await statuses();
    report('SIGTERM', { runs: RUNS, ...ended, took });
    expect(ended).toEqual({ completed: RUNS / 2, interrupted: RUNS / 2 });

    serving = await start({});
    await Promise.all(runs.map(({ done }) => done));
    for (const { story, client } of runs) {
      expect(await faultsOfReading(database, client.sessionId, client.transcript)).toEqual([]);
      if (story.words < 100) {
        expect(await faultsOfTelling(database, client.sessionId, story)).toEqual([]);
        continue;
      }
      expect(client.transcript.events.at(-1)!.data).toMatchObject({
        status: 'interrupted',
        error: { code: 'run.interrupted' },
      });
      const [message, ...more] = await database.rows<{ content: string; finish_reason: string }>(
        `select content, finish_reason from messages where session_id = $1 and role = 'assistant'`,
        [client.sessionId],
      );
      expect(more).toEqual([]);
      expect(message!.finish_reason).toBe('interrupted');
      expect(message!.content).toMatch(new RegExp(`^${story.number} answer 0 #\\d+: `));
      expect(message!.content.length).toBeGreaterThan(100);
    }
    const calls = await database.rows(
      `select status, count(*)::int as calls from llm_calls where purpose = 'answer' group by 1 order by 1`,
    );
    expect(calls).toEqual([
      { status: 'aborted', calls: RUNS / 2 },
      { status: 'completed', calls: RUNS / 2 },
    ]);
  });

  it.each(['a second instance', 'the next start'])(
    'hands them all over to %s, if it is to, and nothing is doubled',
    async (successor) => {
      const env = { SHUTDOWN_POLICY: 'handover', SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '0' };
      const second = successor === 'a second instance' ? await start(env) : undefined;
      const first = (serving = await start(env));
      const kinds: StoryKind[] = ['answer', 'answer', 'pair', 'plan'];
      // In the middle of its last reply until the server is told to stop, however long the others take to begin.
      for (let number = 1; number <= RUNS; number++) {
        model.hold(`${number} answer 0`);
        model.hold(`${number} pair 1`);
      }
      const runs = await tellAll(
        Array.from({ length: RUNS }, (_, index) => ({
          number: index + 1,
          kind: kinds[index % kinds.length]!,
          words: 120,
        })),
      );
      if (second) serving = second;
      const { running = 0, waiting = 0 } = await statuses();
      expect(running + waiting).toBe(RUNS);
      const took = await stop(first, LAST_WRITES_MS);
      model.letGo();
      if (!second) {
        const held = await database.rows('select id from runs where lease_token is not null');
        expect([held, Object.keys(await statuses()).toSorted()]).toEqual([
          [],
          expect.arrayContaining(['running']),
        ]);
        serving = await start(env);
      }
      await Promise.all(runs.map(({ done }) => done));
      const attempts = await database.rows(
        'select attempt, recoveries, count(*)::int as runs from runs group by 1, 2 order by 1',
      );
      report(`handover to ${successor}`, { runs: RUNS, took, attempts: JSON.stringify(attempts) });
      for (const { story, client } of runs) {
        expect(await faultsOfTelling(database, client.sessionId, story)).toEqual([]);
        expect(await faultsOfReading(database, client.sessionId, client.transcript)).toEqual([]);
        expect(client.refusals).toEqual([]);
        if (story.kind !== 'answer') continue; // the others may have waited for their client at that moment
        const [run] = await database.rows('select attempt, recoveries from runs where session_id = $1', [
          client.sessionId,
        ]);
        expect(run).toEqual({ attempt: 2, recoveries: 0 });
      }
    },
  );
});
