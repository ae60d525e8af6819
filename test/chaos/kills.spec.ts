import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { expectCounted } from '../support/usage-sums.js';
import { CHAOS_RUNS, report, secondsSince } from './support/chaos-size.js';
import { Fleet } from './support/fleet.js';
import { ResumingClient, openSomewhere } from './support/resuming-client.js';
import { SeededRandom } from './support/seeded-random.js';
import { STORY_KINDS, Story, StoryModel, taskOf } from './support/story-model.js';
import { faultsOfReading, faultsOfTelling } from './support/told-run.js';

const AT_ONCE = 5;
const LEASE_SECONDS = 1;
/** A step that is cut too often counts as hopeless, and rightly; this test is not about that. */
const CUTS_PER_STEP = 2;
/** Locks of a frozen process are given up after ten seconds at the latest. */
const TAKEOVER_LIMIT_MS = 25_000;
const LOOK_EVERY_MS = 5;
const EARLY_MOMENTS = 20;
const RUN_LIMIT_MS = 60_000;
const LIMIT_MS = 60_000 + CHAOS_RUNS * 6_000;

type Strike = 'killActive' | 'killBoth' | 'freeze';
const STRIKES: readonly Strike[] = ['killActive', 'killActive', 'killActive', 'killBoth', 'freeze'];

/** When to strike: after this number of events of a run, and then of milliseconds. */
interface Moment {
  readonly events: number;
  readonly ms: number;
}

/** A run, its client, and when it is to be hit. */
interface Told {
  readonly story: Story;
  readonly client: ResumingClient;
  readonly moment: Moment;
  /** How often its owner was killed while it went on. */
  kills: number;
  over: boolean;
}

describe('runs whose process is killed', () => {
  const random = SeededRandom.fromEnvironment();
  let database: TestDatabase;
  let model: StoryModel;
  let fleet: Fleet;

  beforeAll(async () => {
    database = await TestDatabase.create();
    model = await StoryModel.start({ firstTokenMs: 60, chunkMs: 25 });
    fleet = await Fleet.start(
      {
        DATABASE_URL: database.url,
        OPENAI_BASE_URL: model.url,
        RUN_LEASE_SECONDS: String(LEASE_SECONDS),
      },
      random,
    );
  });
  afterAll(async () => {
    await fleet?.stop();
    await model?.stop();
    await database?.drop();
  });

  it(
    `come to their proper end, ${CHAOS_RUNS} of them, and nothing is lost, doubled or done twice`,
    { timeout: LIMIT_MS },
    async () => {
      const begunAt = performance.now();
      const storm = new Storm(fleet, database, random);
      const striking = storm.rage();
      try {
        await inTurns(scenes(), AT_ONCE, async ({ story, moments }) => {
          // A run that was over before its moment came does not count: its story is told once more.
          for (const moment of moments) if (await tell(storm, story, moment)) break;
        });
      } finally {
        storm.end();
        await striking;
      }

      const { runs } = storm;
      const [figures] = await database.rows<Record<string, number>>(
        `select sum(attempt - 1)::int as recoveries, max(attempt)::int as "attempts of one at most",
                (select count(*)::int from events where type = 'message.discarded') as "messages discarded"
           from runs`,
      );
      const killed = new Set(runs.filter(({ kills }) => kills > 0).map(({ story }) => story));
      report('kill test', {
        seed: random.seed,
        'runs told': runs.length,
        'killed in their course': killed.size,
        ...storm.figures,
        ...figures,
        connections: runs.reduce((sum, { client }) => sum + client.connections, 0),
        'repeated posts': runs.reduce((sum, { client }) => sum + client.repeats, 0),
        took: secondsSince(begunAt),
      });
      const faults = await Promise.all(
        runs.map(async ({ story, client }) => [
          ...(await faultsOfTelling(database, client.sessionId, story)),
          ...(await faultsOfReading(database, client.sessionId, client.transcript)),
          ...client.refusals,
        ]),
      );
      expect(faults.flat(), `CHAOS_SEED=${random.seed}`).toEqual([]);
      expect(killed.size).toBe(CHAOS_RUNS);
      expect(figures!['recoveries']).toBeGreaterThan(0);
      expect(await expectCounted(database)).toBeGreaterThan(CHAOS_RUNS);
    },
  );

  /** The stories, and when the owner of each is to be killed: in the first telling, or else in one of the next. */
  const scenes = () =>
    Array.from({ length: CHAOS_RUNS }, (_, index) => {
      const story: Story = {
        number: index + 1,
        kind: STORY_KINDS[index % STORY_KINDS.length]!,
        words: random.whole(20, 60),
      };
      const latest = story.kind === 'plan' ? [60, 30, 5, 5, 5] : [25, 15, 5, 5, 5];
      const moments = latest.map((last) => ({ events: random.whole(1, last), ms: random.whole(0, 200) }));
      // Strikes wait for each other: one that comes too late five times comes at the beginning then.
      const early = Array.from({ length: EARLY_MOMENTS }, () => ({ events: 1, ms: 0 }));
      return { story, moments: [...moments, ...early] };
    });

  /** @returns whether its owner was killed */
  const tell = async (storm: Storm, story: Story, moment: Moment): Promise<boolean> => {
    const sessionId = await openSomewhere(fleet.any);
    const client = new ResumingClient(sessionId, fleet.any, fleet.active);
    const run: Told = { story, client, moment, kills: 0, over: false };
    await storm.tell(run);
    return run.kills > 0;
  };
});

/** Strikes the servers at the moments of the runs. */
class Storm {
  private readonly strikes: Record<Strike, number> = { killActive: 0, killBoth: 0, freeze: 0 };
  private readonly due: Told[] = [];
  private readonly ended = new AbortController();
  /** Every run that was told. */
  readonly runs: Told[] = [];
  private beginning = 0;
  private frozen = false;

  constructor(
    private readonly fleet: Fleet,
    private readonly database: TestDatabase,
    private readonly random: SeededRandom,
  ) {}

  get figures(): Record<string, number> {
    const { killActive, killBoth, freeze } = this.strikes;
    return { kills: killActive + 2 * killBoth, 'of those in pairs': 2 * killBoth, freezes: freeze };
  }

  /** Also for clients that wait for something that will not come. */
  end(): void {
    this.ended.abort();
    for (const { client } of this.runs) client.stop();
  }

  /** Tells one story from its beginning to its end. */
  async tell(run: Told): Promise<void> {
    this.runs.push(run);
    const { client, story, moment } = run;
    // A server that wakes takes what had been sent to it: a message that was sent again elsewhere would count twice.
    while (this.frozen) await pause(LOOK_EVERY_MS);
    this.beginning++;
    await client.say(taskOf(story));
    this.beginning--;
    const limit = setTimeout(() => client.stop(), RUN_LIMIT_MS);
    const ended = await client.follow(isFinished, () => {
      if (client.transcript.events.length === moment.events) this.due.push(run);
    });
    clearTimeout(limit);
    if (!ended) client.refusals.push(`story ${story.number} (${story.kind}) did not end in time`);
    run.over = true;
  }

  async rage(): Promise<void> {
    while (!this.ended.signal.aborted) {
      const run = this.due.shift();
      if (!run) await pause(LOOK_EVERY_MS);
      else if (run.kills === 0) await this.strike(run);
    }
  }

  private async strike(run: Told): Promise<void> {
    await pause(run.moment.ms);
    await eventually(async () => {
      const [tried] = await this.database.rows<{ most: number }>(
        `select coalesce(max(recoveries), 0) as most from runs where status = 'running'`,
      );
      expect(tried!.most).toBeLessThan(CUTS_PER_STEP);
    });
    if (run.over) return;
    const strike = this.random.pick(STRIKES);
    this.strikes[strike]++;
    if (strike === 'freeze') {
      await this.freeze();
      this.due.unshift(run); // to be killed still
      return;
    }
    for (const each of this.runs) {
      if (!each.over && each.client.transcript.events.length > 0) each.kills++;
    }
    await this.fleet[strike]();
  }

  private async freeze(): Promise<void> {
    this.frozen = true;
    await eventually(() => expect(this.beginning).toBe(0));
    await this.fleet.freezeActive(async () => {
      const held = await this.database.rows<{ lease_token: string }>(
        `select lease_token from runs where status = 'running' and lease_token is not null`,
      );
      // Until none of them is its own any more.
      await eventually(async () => {
        const left = await this.database.rows(
          `select id from runs where status = 'running' and lease_token = any($1) and lease_expires_at < now()`,
          [held.map(({ lease_token: token }) => token)],
        );
        expect(left).toEqual([]);
      }, TAKEOVER_LIMIT_MS);
      await pause(LEASE_SECONDS * 1000 + this.random.whole(0, 1000));
    });
    this.frozen = false;
  }
}

/** Does something with each, some of them at once. */
async function inTurns<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = left.shift(); next; next = left.shift()) await work(next);
    }),
  );
}
