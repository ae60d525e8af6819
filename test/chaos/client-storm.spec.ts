import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server-process.js';
import { LARGE, report, secondsSince } from './support/chaos-size.js';
import { INSPECTABLE, heapOf } from './support/heap-of.js';
import { SeededRandom } from './support/seeded-random.js';
import { StoryModel, taskOf } from './support/story-model.js';
import { faultsOfReading } from './support/told-run.js';
import { Transcript } from './support/transcript.js';

const CLIENTS = LARGE ? 200 : 50;
/** Of the long answer; about two words a chunk. */
const WORDS = LARGE ? 2_000 : 350;
const CHUNK_MS = 20;
/** Room for what a process still finds out about its own code. Thousands of connections that left something cost more. */
const MEMORY_MARGIN_MB = 8;
const LOOK_EVERY_MS = 50;

describe('clients that connect, leave and resume at random during one long run', () => {
  const random = SeededRandom.fromEnvironment();
  let database: TestDatabase;
  let model: StoryModel;
  let server: ServerProcess;
  let connections = 0;

  beforeAll(async () => {
    database = await TestDatabase.create();
    model = await StoryModel.start({ chunkMs: CHUNK_MS });
    server = await ServerProcess.start({
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      ...INSPECTABLE,
    });
  });
  afterAll(async () => {
    await server?.stop('SIGKILL');
    await model?.stop();
    await database?.drop();
  });

  const metric = async (name: string): Promise<number> => {
    const { body } = await server.client.get('/metrics');
    return Number(new RegExp(`^${name} (.+)$`, 'm').exec(String(body))?.[1]);
  };

  /** Reads one of the two streams that carry the run, again and again for a while, to the end of the run. */
  const read = async (paths: readonly string[], transcript: Transcript): Promise<void> => {
    for (;;) {
      connections++;
      const stay = AbortSignal.timeout(random.whole(0, 800));
      try {
        for await (const event of server.client.events(random.pick(paths), transcript.cursor, stay)) {
          transcript.add(event);
          if (isFinished(event)) return;
        }
      } catch (error) {
        if (!stay.aborted) throw error;
      }
      await pause(random.whole(0, 400));
    }
  };

  /** @returns the most connections that were open at once */
  const storm = async (number: number, clients: number, words: number): Promise<number> => {
    const sessionId = await server.client.openSession();
    const { body } = await server.client.say(sessionId, taskOf({ number, kind: 'answer', words }));
    const paths = [`/v1/sessions/${sessionId}/events`, `/v1/runs/${body.run.id}/events`];
    const transcripts = Array.from({ length: clients }, () => new Transcript());
    let most = 0;
    const over = new AbortController();
    const watching = (async () => {
      for (; !over.signal.aborted; await pause(LOOK_EVERY_MS)) {
        most = Math.max(most, await metric('sse_connections'));
      }
    })();
    try {
      await Promise.all(transcripts.map((transcript) => read(paths, transcript)));
    } finally {
      over.abort();
      await watching;
    }
    for (const transcript of transcripts) {
      expect(await faultsOfReading(database, sessionId, transcript), `CHAOS_SEED=${random.seed}`).toEqual([]);
    }
    const [first] = transcripts;
    for (const { texts } of transcripts) expect(texts).toEqual(first!.texts);
    return most;
  };

  it(`all read the same, ${CLIENTS} of them, and leave nothing behind`, { timeout: 240_000 }, async () => {
    const begunAt = performance.now();
    // What a process needs for such a thing it gets once, and keeps.
    await storm(1, CLIENTS, LARGE ? 300 : 100);
    await eventually(async () => expect(await metric('sse_connections')).toBe(0));
    const before = await heapOf(server);
    connections = 0;
    const most = await storm(2, CLIENTS, WORDS);
    await eventually(async () => expect(await metric('sse_connections')).toBe(0));
    const after = await heapOf(server);
    report('client storm', {
      seed: random.seed,
      clients: CLIENTS,
      connections,
      'most at once': most,
      ...{ 'MB before': before.toFixed(1), 'MB after': after.toFixed(1) },
      took: secondsSince(begunAt),
    });
    expect(after).toBeLessThan(before + MEMORY_MARGIN_MB);
    expect(connections).toBeGreaterThan(2 * CLIENTS);
  });
});
