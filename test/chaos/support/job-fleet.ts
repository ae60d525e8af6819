import { TestDatabase } from '../../support/database.js';
import { RedisServer } from '../../support/redis-server.js';
import { API_ONLY, ServerProcess, WORKER } from '../../support/server-process.js';
import { Story, StoryModel, messagesOf, taskOf } from './story-model.js';

export type QueueName = 'PostgreSQL' | 'Redis';

/** A job that was asked for, and what its agent was told to tell. */
interface Asked {
  readonly jobId: string;
  readonly story: Story;
}

/** What the database knows of one job. */
interface Known {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly text: string | null;
  readonly runs: number;
  readonly completed_runs: number;
  readonly completed_calls: number;
  readonly open_calls: number;
  readonly answers: number;
  readonly done_events: number;
}

const KNOWN = `
  select j.id, j.status, j.attempt, j.result_json->>'text' as text,
         (select count(*)::int from runs r where r.job_id = j.id) as runs,
         (select count(*)::int from runs r where r.job_id = j.id and r.status = 'completed') as completed_runs,
         (select count(*)::int from llm_calls c join runs r on r.id = c.run_id
           where r.job_id = j.id and c.status = 'completed') as completed_calls,
         (select count(*)::int from llm_calls c join runs r on r.id = c.run_id
           where r.job_id = j.id and c.status = 'started') as open_calls,
         (select count(*)::int from messages m where m.job_id = j.id and m.role = 'assistant') as answers,
         (select count(*)::int from events e where e.session_id = j.session_id
            and e.type = 'job.status_changed' and e.data->>'status' = 'done') as done_events
    from jobs j where j.id = any($1)`;

/** One API and any number of workers, each a process, around one queue. */
export class JobFleet {
  private readonly workers: ServerProcess[] = [];
  private stories = 0;
  /** How often the API was too busy to take a job in. */
  refused = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly model: StoryModel,
    readonly redis: RedisServer | undefined,
    private readonly env: Record<string, string>,
    private api: ServerProcess,
  ) {}

  static async start(queue: QueueName, env: Record<string, string>): Promise<JobFleet> {
    const database = await TestDatabase.create();
    const model = await StoryModel.start({ firstTokenMs: 10, chunkMs: 10 });
    const redis = queue === 'Redis' ? await RedisServer.start() : undefined;
    const whole = {
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      JOB_QUOTA_PER_USER: '0',
      ...(redis && { REDIS_URL: redis.url }),
      ...env,
    };
    const api = await ServerProcess.start(whole, API_ONLY);
    return new JobFleet(database, model, redis, whole, api);
  }

  /** Sets the number of workers: starts missing ones, kills surplus ones. */
  async haveWorkers(count: number): Promise<ServerProcess[]> {
    const surplus = this.workers.splice(count);
    await Promise.all(surplus.map((worker) => worker.stop('SIGKILL')));
    const lacking = Array.from({ length: count - this.workers.length }, () =>
      ServerProcess.start(this.env, WORKER),
    );
    this.workers.push(...(await Promise.all(lacking)));
    return [...this.workers];
  }

  /** Ends one of them by a signal. */
  async stopWorker(worker: ServerProcess, signal: NodeJS.Signals): ReturnType<ServerProcess['stop']> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    return worker.stop(signal);
  }

  /** Kills the API; @returns what starts it again */
  async killApi(): Promise<() => Promise<void>> {
    await this.api.stop('SIGKILL');
    return async () => {
      this.api = await ServerProcess.start(this.env, API_ONLY);
    };
  }

  async stop(): Promise<void> {
    await this.haveWorkers(0);
    await this.api.stop('SIGKILL');
    await this.model.stop();
    await this.redis?.stop();
    await this.database.drop();
  }

  /**
   * Asks for a number of jobs at the same time, each in its own session.
   * @param held whether the model is to come to a halt in the middle of each answer, until it is let go
   */
  async ask(count: number, { held = false } = {}): Promise<Asked[]> {
    const { client } = this.api;
    const sessions = await Promise.all(Array.from({ length: count }, () => client.openSession()));
    return Promise.all(
      sessions.map(async (sessionId) => {
        const story: Story = { number: ++this.stories, kind: 'answer', words: 20 };
        if (held) this.model.hold(callOf(story));
        return { jobId: await this.request(sessionId, story), story };
      }),
    );
  }

  /** Asks once more when the server is too busy, as clients are told to; it had not taken the job in then. */
  private async request(sessionId: string, story: Story): Promise<string> {
    for (;;) {
      const body = { session_id: sessionId, query: taskOf(story) };
      const answer = await this.api.client.post('/v1/jobs/agents/ask/1.0.0', body);
      if (answer.status === 202) return answer.body.job_id as string;
      if (answer.status !== 503) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
      this.refused++;
    }
  }

  async count(asked: readonly Asked[], what: string): Promise<number> {
    const [row] = await this.database.rows<{ count: number }>(
      `select count(*)::int as count from jobs where id = any($1) and ${what}`,
      [asked.map(({ jobId }) => jobId)],
    );
    return row!.count;
  }

  /** How often a worker was lost: while it executed one of the jobs, and one of their runs since its last step. */
  async recoveries(asked: readonly Asked[]): Promise<{ jobs: number; runs: number }> {
    const [row] = await this.database.rows<{ jobs: number; runs: number }>(
      `select sum(j.recoveries)::int as jobs, sum(r.recoveries)::int as runs
         from jobs j join runs r on r.id = j.run_id where j.id = any($1)`,
      [asked.map(({ jobId }) => jobId)],
    );
    return row!;
  }

  /** The model comes to a halt in the middle of its next answer to each of them, until it is let go. */
  hold(asked: readonly Asked[]): void {
    for (const { story } of asked) this.model.hold(callOf(story));
  }

  /** The differences from the state in which each of these jobs was done exactly once. */
  async faults(asked: readonly Asked[]): Promise<string[]> {
    const rows = await this.database.rows<Known>(KNOWN, [asked.map(({ jobId }) => jobId)]);
    const known = new Map(rows.map((row) => [row.id, row]));
    return asked.flatMap(({ jobId, story }) => {
      const { id: _, text, ...facts } = known.get(jobId)!;
      const said = (text ?? '').replaceAll(/#\d+/g, '#');
      const [, told] = messagesOf(story);
      return [
        ...(JSON.stringify(facts) === DONE_ONCE ? [] : [`${jobId}: ${JSON.stringify(facts)}`]),
        ...(said === told!.content ? [] : [`${jobId} said: ${said}`]),
      ];
    });
  }
}

/** As the model knows it. */
const callOf = ({ number }: Story) => `${number} answer 0`;

const DONE_ONCE = JSON.stringify({
  status: 'done',
  attempt: 1,
  runs: 1,
  completed_runs: 1,
  completed_calls: 1,
  open_calls: 0,
  answers: 1,
  done_events: 1,
});
