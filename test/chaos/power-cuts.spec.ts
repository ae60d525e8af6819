import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SentEvent, isFinished } from '../support/client.js';
import { LARGE, report, secondsSince } from './support/chaos-size.js';
import { Fleet } from './support/fleet.js';
import { OwnPostgres } from './support/own-postgres.js';
import { ResumingClient, openSomewhere, postSomewhere } from './support/resuming-client.js';
import { SeededRandom } from './support/seeded-random.js';
import { compareWithLog } from './support/seen-and-kept.js';
import {
  STORY_KINDS,
  Story,
  StoryKind,
  StoryModel,
  messagesOf,
  taskOf,
  withoutCalls,
} from './support/story-model.js';
import { faultsOfTelling } from './support/told-run.js';

const CUTS = LARGE ? 12 : 2;
const RUNS_OF_A_KIND = LARGE ? 2 : 1;
const JOBS = LARGE ? 4 : 2;
/** From the first request to the cut: by then all is told but the longest stories. */
const LATEST_CUT_MS = 2_000;
const RUN_LIMIT_MS = 20_000;
const LIMIT_MS = 30_000 + CUTS * 40_000;

/** A run or a job, and its client. */
interface Told {
  readonly story: Story;
  readonly client: ResumingClient;
  readonly isLast: (event: SentEvent) => boolean;
  /** Whether it has ended; false where it took too long. */
  readonly done: Promise<boolean>;
}

const isJobEnd = (event: SentEvent): event is SentEvent<'job.status_changed'> =>
  event.type === 'job.status_changed' && ['done', 'failed', 'cancelled'].includes(event.data.status);

describe('two servers and their PostgreSQL that lose power together', () => {
  const random = SeededRandom.fromEnvironment();
  let postgres: OwnPostgres;
  let model: StoryModel;
  let fleet: Fleet;
  let stories = 0;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    model = await StoryModel.start({ chunkMs: 25 });
    fleet = await Fleet.start(
      { DATABASE_URL: postgres.url, OPENAI_BASE_URL: model.url, RUN_LEASE_SECONDS: '1' },
      random,
    );
  });
  afterAll(async () => {
    await fleet?.stop();
    await model?.stop();
    await postgres?.stop();
  });

  const openClient = async () => new ResumingClient(await openSomewhere(fleet.any), fleet.any);

  const tellRun = async (story: Story): Promise<Told> => {
    const client = await openClient();
    const done = client.say(taskOf(story)).then(() => client.follow(isFinished));
    return { story, client, isLast: isFinished, done };
  };

  const tellJob = async (story: Story): Promise<Told> => {
    const client = await openClient();
    const request = { session_id: client.sessionId, query: taskOf(story) };
    const asked = postSomewhere(fleet.any, '/v1/jobs/agents/ask/1.0.0', request);
    const done = asked.then(() => client.follow(isJobEnd));
    return { story, client, isLast: isJobEnd, done };
  };

  const tellAll = () => {
    const newStory = (kind: StoryKind): Story => ({ number: ++stories, kind, words: random.whole(40, 100) });
    const runs = STORY_KINDS.flatMap((kind) => Array.from({ length: RUNS_OF_A_KIND }, () => newStory(kind)));
    const jobs = Array.from({ length: JOBS }, () => newStory('answer'));
    return Promise.all([...runs.map(tellRun), ...jobs.map(tellJob)]);
  };

  /** @returns how many events each client had seen by then */
  const cutPower = async (told: readonly Told[]): Promise<number[]> => {
    let seen: number[] = [];
    await postgres.cutPower();
    await fleet.killBoth(async () => {
      await postgres.restart();
      // By now clients have read what had been sent to them.
      seen = told.map(({ client }) => client.transcript.events.length);
    });
    return seen;
  };

  const faultsOfJob = async (end: SentEvent<'job.status_changed'>, story: Story): Promise<string[]> => {
    const { body: job } = await fleet.any().get(`/v1/jobs/${end.data.job_id}`);
    const [, answer] = messagesOf(story);
    const isDone = job.status === 'done' && withoutCalls(job.result.text) === answer!.content;
    return isDone ? [] : [`the job is ${JSON.stringify(job)}`];
  };

  const faultsOf = async (told: Told, log: readonly SentEvent[]): Promise<string[]> => {
    const { story, client } = told;
    const end = log.at(-1)!;
    return [
      ...client.transcript.faults,
      ...client.refusals,
      ...(isJobEnd(end)
        ? await faultsOfJob(end, story)
        : await faultsOfTelling(postgres, client.sessionId, story)),
    ];
  };

  it(
    `forget nothing but the newest deltas, and finish what they were at: ${CUTS} cuts`,
    { timeout: LIMIT_MS },
    async () => {
      const begunAt = performance.now();
      const faults: string[] = [];
      const figures = { 'under way': 0, 'events seen before': 0, 'deltas lost': 0 };
      for (let cut = 1; cut <= CUTS; cut++) {
        const told = await tellAll();
        await pause(random.whole(0, LATEST_CUT_MS));
        const seen = await cutPower(told);
        const limit = setTimeout(() => told.forEach(({ client }) => client.stop()), RUN_LIMIT_MS);
        for (const [index, each] of told.entries()) {
          const { sessionId, transcript } = each.client;
          const fault = (what: string) =>
            `cut ${cut}, story ${each.story.number}, session ${sessionId}: ${what}`;
          if (!(await each.done)) {
            faults.push(fault(`not at its end, but at ${transcript.events.at(-1)?.type}`));
            continue;
          }
          const log = await fleet.any().readUntil(sessionId, each.isLast);
          const kept = compareWithLog(transcript.events, log, seen[index]!);
          faults.push(...[...kept.faults, ...(await faultsOf(each, log))].map(fault));
          if (!transcript.events.slice(0, seen[index]).some(each.isLast)) figures['under way']++;
          figures['events seen before'] += seen[index]!;
          figures['deltas lost'] += kept.lost;
        }
        clearTimeout(limit);
      }
      report('power cuts', { seed: random.seed, cuts: CUTS, ...figures, took: secondsSince(begunAt) });
      expect(faults, `CHAOS_SEED=${random.seed}`).toEqual([]);
    },
  );
});
