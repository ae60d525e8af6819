import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { ServerProcess } from '../support/server-process.js';
import { LARGE, report, secondsSince } from './support/chaos-size.js';
import { ResumingClient } from './support/resuming-client.js';
import { SeededRandom } from './support/seeded-random.js';
import { STORY_KINDS, Story, StoryModel, Trouble, taskOf } from './support/story-model.js';
import { faultsOfReading, faultsOfTelling } from './support/told-run.js';

/** At least each trouble once that passes and once that stays. */
const RUNS = LARGE ? 50 : 12;
const RETRIES = 1;
const ALWAYS = 1000;

/** By which code each trouble is told. */
const CODES: Readonly<Record<Trouble, string>> = {
  '500': 'model.server_error',
  '429': 'model.rate_limited',
  malformed: 'model.malformed_answer',
  cut: 'model.stream_cut',
  silent: 'model.first_token_timeout',
  halting: 'model.idle_timeout',
};
const TROUBLES = Object.keys(CODES) as Trouble[];

/** What a call is told while the endpoint is left alone. */
const CIRCUIT_OPEN = 'model.circuit_open';

describe('a model that gives all kinds of trouble at once', () => {
  const random = SeededRandom.fromEnvironment();
  let database: TestDatabase;
  let model: StoryModel;
  let server: ServerProcess;

  beforeAll(async () => {
    database = await TestDatabase.create();
    model = await StoryModel.start({ firstTokenMs: 10, chunkMs: 10 });
    server = await ServerProcess.start({
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      LLM_MAX_RETRIES: String(RETRIES),
      LLM_FIRST_TOKEN_TIMEOUT_SECONDS: '1',
      LLM_IDLE_TIMEOUT_SECONDS: '1',
    });
  });
  afterAll(async () => {
    await server?.stop('SIGKILL');
    await model?.stop();
    await database?.drop();
  });

  /** Every trouble, in any kind of story: one that passes, or one that stays. */
  const stories = Array.from({ length: RUNS }, (_, index): Story => {
    const times = index % 2 === 0 ? ALWAYS : random.whole(1, RETRIES);
    const kind = TROUBLES[Math.floor(index / 2) % TROUBLES.length]!;
    return { number: index + 1, kind: random.pick(STORY_KINDS), words: 20, trouble: { kind, times } };
  });

  const statusOf = async (sessionId: string) => {
    const [run] = await database.rows<{ status: string; error: { code: string } | null }>(
      'select status, error from runs where session_id = $1',
      [sessionId],
    );
    return run!;
  };

  const ledgerOf = async (sessionId: string) => {
    const rows = await database.rows<{ outcome: string; calls: number }>(
      `select coalesce(error_code, status) as outcome, count(*)::int as calls
         from llm_calls where session_id = $1 and purpose = 'answer' group by 1`,
      [sessionId],
    );
    return Object.fromEntries(rows.map(({ outcome, calls }) => [outcome, calls]));
  };

  it(`leaves ${RUNS} runs with a true end, and no call of it unsettled`, { timeout: 90_000 }, async () => {
    const begunAt = performance.now();
    const clients = await Promise.all(
      stories.map(async (story) => {
        const client = new ResumingClient(await server.client.openSession(), () => server.client);
        await client.say(taskOf(story));
        await client.follow(isFinished);
        return client;
      }),
    );
    report('model chaos', {
      seed: random.seed,
      runs: RUNS,
      completed: stories.filter(({ trouble }) => trouble!.times !== ALWAYS).length,
      'model calls': model.asked.length,
      took: secondsSince(begunAt),
    });

    for (const [index, story] of stories.entries()) {
      const { sessionId, transcript, refusals } = clients[index]!;
      const { kind, times } = story.trouble!;
      const what = `${JSON.stringify(story)}, CHAOS_SEED=${random.seed}`;
      const code = CODES[kind];
      const run = await statusOf(sessionId);
      const calls = await ledgerOf(sessionId);
      expect(refusals, what).toEqual([]);
      expect(await faultsOfReading(database, sessionId, transcript), what).toEqual([]);
      expect(transcript.events.at(-1)!.type, what).toBe('run.finished');
      if (times === ALWAYS) {
        // A subtask gets a second attempt.
        const attempts = story.kind === 'plan' ? 2 : 1;
        expect(run.status, what).toBe('failed');
        expect([code, CIRCUIT_OPEN], what).toContain(run.error?.code);
        // What came before may have found the circuit open as well, and got through in the end.
        const tries = attempts * (1 + RETRIES);
        expect(calls[code] ?? 0, what).toBeLessThanOrEqual(tries);
        expect((calls[code] ?? 0) + (calls[CIRCUIT_OPEN] ?? 0), what).toBeGreaterThanOrEqual(tries);
      } else if (run.status === 'failed') {
        // The trouble of the others may leave it no try: they share the endpoint.
        expect([code, CIRCUIT_OPEN], what).toContain(run.error?.code);
        expect(calls[CIRCUIT_OPEN] ?? 0, what).toBeGreaterThan(0);
      } else {
        expect(await faultsOfTelling(database, sessionId, story), what).toEqual([]);
        expect(calls[code], what).toBe(times);
      }
      expect(JSON.stringify(transcript.events), what).not.toContain('secret words');
    }
    const open = await database.rows(
      `select 'model call' as what from llm_calls where status = 'started' or finished_at is null
       union all select 'run' from runs where status in ('running', 'waiting') or finished_at is null
       union all select 'tool call' from tool_calls where settled_at is null
       union all select 'plan' from plans where status not in ('completed', 'failed')`,
    );
    expect(open).toEqual([]);
  });
});
