import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestClient, isFinished } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server-process.js';
import { report, secondsSince } from './support/chaos-size.js';
import { ResumingClient } from './support/resuming-client.js';
import { Story, StoryModel, taskOf } from './support/story-model.js';

const RUNS = 20;
const LOOK_EVERY_MS = 20;

let dataDir: string;
let model: StoryModel;
let server: ServerProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'agent-runtime-restart-'));
  model = await StoryModel.start({ chunkMs: 20 });
  server = await ServerProcess.start({ DATA_DIR: dataDir, OPENAI_BASE_URL: model.url });
});
afterAll(async () => {
  await server?.stop();
  await model?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** As `pg_ctl stop -m immediate` tells it; the server starts it again by itself. */
async function restartDatabase(): Promise<void> {
  const [pid] = (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGQUIT');
}

/** What the API answers, until it has refused once and is well again. */
async function askUntilWell(client: TestClient): Promise<{ refused: unknown[]; outageMs: number }> {
  const refused: unknown[] = [];
  for (const begunAt = performance.now(); ; await pause(LOOK_EVERY_MS)) {
    const { status, body } = await client.get('/v1/sessions?limit=1');
    if (status !== 200) refused.push([status, body.code]);
    else if (refused.length > 0) return { refused, outageMs: performance.now() - begunAt };
  }
}

it(
  'a PostgreSQL that is restarted under 20 streaming runs costs none of them',
  { timeout: 90_000 },
  async () => {
    const begunAt = performance.now();
    const stories: Story[] = Array.from({ length: RUNS }, (_, number) => ({
      number,
      kind: 'answer',
      words: 300,
    }));
    const runs = await Promise.all(
      stories.map(async (story) => {
        const client = new ResumingClient(await server.client.openSession(), () => server.client);
        await client.say(taskOf(story));
        return { client, done: client.follow(isFinished) };
      }),
    );
    await eventually(() => {
      const speaking = runs.filter(({ client }) => [...client.transcript.texts.values()].at(-1) !== '');
      expect(speaking).toHaveLength(RUNS);
    });
    await restartDatabase();
    const { refused, outageMs } = await askUntilWell(server.client);
    for (const refusal of refused) expect(refusal).toEqual([503, 'database.unavailable']);
    await Promise.all(runs.map(({ done }) => done));
    for (const { client } of runs) {
      const { transcript, sessionId } = client;
      expect(transcript.faults).toEqual([]);
      expect(transcript.events.at(-1)!.data).toMatchObject({ status: 'completed' });
      const { body } = await server.client.get(`/v1/sessions/${sessionId}/messages`);
      const stored = body.data.map(({ id, content }: { id: string; content: string }) => [id, content]);
      expect([...transcript.texts]).toEqual(stored);
    }
    const { body: left } = await server.client.get('/v1/runs?status=running');
    expect(left.data).toEqual([]);
    report('PostgreSQL restarted', {
      runs: RUNS,
      'refused meanwhile': refused.length,
      outage: `${(outageMs / 1000).toFixed(1)} s`,
      took: secondsSince(begunAt),
    });
  },
);
