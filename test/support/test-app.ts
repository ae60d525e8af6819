import { INestApplicationContext } from '@nestjs/common';
import { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { getToken } from '@willsoto/nestjs-prometheus';
import { Gauge, register } from 'prom-client';
import { ApiModule } from '../../src/api.module.js';
import { Config } from '../../src/config/config.js';
import { readConfig } from '../../src/config/read-config.js';
import { prepare } from '../../src/http-app.js';
import { HTTP_LIMITS, LimitedHttpServer } from '../../src/http-server.js';
import { CIRCUIT_LIMITS, CircuitLimits } from '../../src/modules/models/infrastructure/model-circuit.js';
import { CreateApiKey } from '../../src/modules/auth/index.js';
import { CancelJob } from '../../src/modules/jobs/application/cancel-job.js';
import { JOB_CANCELLED, JobSupervisor, JobWorker } from '../../src/modules/jobs/index.js';
import { CancelRun } from '../../src/modules/runs/application/inputs/cancel-run.js';
import { CANCELLED } from '../../src/modules/runs/application/lifecycle/endings.js';
import { RunSupervisor } from '../../src/modules/runs/application/supervision/run-supervisor.js';
import { TestClient } from './client.js';
import { TestDatabase } from './database.js';
import { eventually } from './eventually.js';
import { looseEnds } from './loose-ends.js';
import { ScriptedModel } from './scripted-model.js';

/** For tests whose model fails again and again, each time for a test of its own. */
export const NEVER_OPENS: CircuitLimits = { ...CIRCUIT_LIMITS, signs: 10_000, failures: 10_000 };

/** What is queued, and may begin when other work ends. */
const QUEUED = `
  select 'run' as kind, id, user_id from runs where status = 'queued' and job_id is null
  union all
  select 'job', id, user_id from jobs where status = 'queued'`;

/** The whole application in this process: real database, real HTTP, a scripted model. */
export class TestApp {
  private constructor(
    readonly nest: NestExpressApplication,
    readonly client: TestClient,
    readonly database: TestDatabase,
    readonly model: ScriptedModel,
    private readonly takesJobs: boolean,
    private readonly owned: (() => Promise<void>)[],
  ) {}

  /**
   * @param given what to share with another application; made anew where it is not given
   * @param given.worker whether it takes jobs from the queue, as `npm start` does; else it only serves
   */
  static async start(
    env: Record<string, string> = {},
    given: {
      database?: TestDatabase;
      model?: ScriptedModel;
      circuit?: CircuitLimits;
      worker?: boolean;
      http?: Partial<typeof HTTP_LIMITS>;
    } = {},
  ): Promise<TestApp> {
    const database = given.database ?? (await TestDatabase.create());
    const model = given.model ?? (await ScriptedModel.start());
    const config = readConfig({
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      PORT: '0',
      LOG_LEVEL: 'silent',
      SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '0',
      RATE_LIMIT_PER_MINUTE: '0',
      ...env,
    });
    const builder = Test.createTestingModule({ imports: [ApiModule] })
      .overrideProvider(Config)
      .useValue(config)
      .overrideProvider(CircuitLimits)
      .useValue(given.circuit ?? CIRCUIT_LIMITS);
    forgetDatabaseGauges();
    const module = await builder.compile();
    const nest = prepare(
      module.createNestApplication<NestExpressApplication>(
        new LimitedHttpServer({ ...HTTP_LIMITS, ...given.http }),
        { bodyParser: false, logger: false },
      ),
    );
    await nest.listen(0, '127.0.0.1').catch(async (error: unknown) => {
      await nest.close();
      throw error;
    });
    if (given.worker) await nest.get(JobWorker).start();
    const app = new TestApp(nest, new TestClient(await nest.getUrl()), database, model, !!given.worker, [
      ...(given.model ? [] : [() => model.stop()]),
      ...(given.database ? [] : [() => database.drop()]),
    ]);
    looseEnds.add(app.endWork);
    return app;
  }

  /** A client of the given user, with a new key; needs AUTH_MODE=api_key. */
  async as(userId: string): Promise<TestClient> {
    const { secret } = await this.nest.get(CreateApiKey).execute({ userId, name: '' });
    return this.client.with({ authorization: `Bearer ${secret}` });
  }

  /** Ends it in order, as a signal would, and with it what was made for it alone. */
  async stop(): Promise<void> {
    looseEnds.delete(this.endWork);
    await this.nest.close();
    forgetDatabaseGauges();
    for (const end of this.owned) await end();
  }

  /** Cancels what this process works on, and waits until it has ended. */
  private readonly endWork = async (): Promise<void> => {
    const runs = this.nest.get(RunSupervisor)['work'];
    const jobs = this.nest.get(JobSupervisor)['work'];
    if (runs.size + jobs.size === 0 && !this.takesJobs) return;
    // Again where one is gone meanwhile, with its session.
    await eventually(async () => {
      const queued = await this.database.rows<{ kind: 'run' | 'job'; id: string; user_id: string }>(QUEUED);
      for (const { kind, id, user_id: userId } of queued) {
        if (kind === 'run') await this.nest.get(CancelRun).execute({ userId, runId: id });
        else await this.nest.get(CancelJob).execute({ userId, jobId: id });
      }
    });
    while (runs.size + jobs.size > 0) {
      runs.stop(CANCELLED, () => true);
      jobs.stop(JOB_CANCELLED, () => true);
      await Promise.all([runs.allDone(), jobs.allDone()]);
    }
  };

  /** The lines of a metric. The figures are those of the process: all applications that it has, or had, count in them. */
  async metric(name: string): Promise<string[]> {
    useDatabaseGaugesOf(this.nest);
    const { body } = await this.client.get('/metrics');
    return String(body)
      .split('\n')
      .filter((line) => line.startsWith(name));
  }

  /** Begins to count. @returns what tells by how much each series has grown since then, where it has */
  async growth(name: string): Promise<() => Promise<Record<string, number>>> {
    const read = async () =>
      (await this.metric(name)).map((line): [series: string, value: number] => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end))];
      });
    const before = new Map(await read());
    return async () => {
      const grown = (await read()).map(
        ([series, value]) => [series, value - (before.get(series) ?? 0)] as const,
      );
      return Object.fromEntries(grown.filter(([, growth]) => growth !== 0));
    };
  }
}

const DATABASE_GAUGES = ['job_queue_depth', 'oldest_waiting_seconds'];

// prom-client's registry is one per process. An application takes over a metric that it finds there, which does for a
// counter; but a gauge that asks a database asks that of the application which made it.

/** The next application makes its own, and nothing holds on to the database of the one before. */
function forgetDatabaseGauges(): void {
  for (const name of DATABASE_GAUGES) register.removeSingleMetric(name);
}

/** The next scrape asks the database of this application. */
function useDatabaseGaugesOf(app: INestApplicationContext): void {
  forgetDatabaseGauges();
  for (const name of DATABASE_GAUGES) register.registerMetric(app.get<Gauge>(getToken(name)));
}
