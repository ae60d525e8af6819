import { TestClient } from '../../support/client.js';
import { TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { FlakyProxy } from '../../support/flaky-proxy.js';
import { freePort } from '../../support/free-port.js';
import { NginxServer } from '../../support/nginx-server.js';
import { RedisServer } from '../../support/redis-server.js';
import { API_ONLY, KEYS, ServerProcess, WORKER } from '../../support/server-process.js';
import { StoryModel } from './story-model.js';

const LEASE_SECONDS = 2;
const DRAIN_SECONDS = 10;

/** What docker-compose.yml starts, as processes: two APIs behind nginx, two workers, Redis, one PostgreSQL; and a model. */
export class Topology {
  private constructor(
    readonly database: TestDatabase,
    /** Between the database and the first API alone. */
    readonly proxy: FlakyProxy,
    readonly model: StoryModel,
    private readonly redis: RedisServer,
    private readonly settings: readonly [Env, Env],
    readonly apis: [ServerProcess, ServerProcess],
    readonly workers: readonly [ServerProcess, ServerProcess],
    readonly nginx: NginxServer,
    private readonly key: string,
  ) {}

  static async start(): Promise<Topology> {
    const database = await TestDatabase.create();
    const proxy = new FlakyProxy(new URL(database.url));
    const model = await StoryModel.start();
    const redis = await RedisServer.start();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      OPENAI_BASE_URL: model.url,
      AUTH_MODE: 'api_key',
      SHUTDOWN_POLICY: 'handover',
      SHUTDOWN_DRAIN_TIMEOUT_SECONDS: String(DRAIN_SECONDS),
      RUN_LEASE_SECONDS: String(LEASE_SECONDS),
    };
    const settings = [
      { ...env, ...(await ports()), DATABASE_URL: await proxy.open() },
      { ...env, ...(await ports()) },
    ] as const;
    return new Topology(
      database,
      proxy,
      model,
      redis,
      settings,
      await both((index) => ServerProcess.start(settings[index], API_ONLY)),
      await both(() => ServerProcess.start(env, WORKER)),
      await NginxServer.start([Number(settings[0].PORT), Number(settings[1].PORT)]),
      await createKey(env),
    );
  }

  /** A client with a key, which knows only the address of nginx. */
  get client(): TestClient {
    return this.withKey(this.nginx.url);
  }

  /** The same user, past nginx. */
  clientOf(api: ServerProcess): TestClient {
    return this.withKey(api.client.url);
  }

  /** Starts an API that has ended again, where it was; until nginx has noticed. */
  async startAgain(index: 0 | 1): Promise<void> {
    const api = await ServerProcess.start(this.settings[index], API_ONLY);
    this.apis[index] = api;
    await eventually(async () => {
      await this.client.get('/v1/agents');
      if (!api.lines.some((line) => line.includes('/v1/agents'))) throw new Error('nginx leaves it alone');
    });
  }

  async stop(): Promise<void> {
    await this.nginx.stop();
    await Promise.all([...this.apis, ...this.workers].map((each) => each.stop('SIGKILL')));
    await this.proxy.close();
    await this.redis.stop();
    await this.model.stop();
    await this.database.drop();
  }

  private withKey(url: string): TestClient {
    return new TestClient(url, { authorization: `Bearer ${this.key}` });
  }
}

type Env = Record<string, string>;

const both = async <T>(make: (index: 0 | 1) => Promise<T>): Promise<[T, T]> =>
  Promise.all([make(0), make(1)]);

/** Of an API that is found there again after its end. */
const ports = async () => ({ PORT: String(await freePort()), METRICS_PORT: String(await freePort()) });

async function createKey(env: Env): Promise<string> {
  const keys = ServerProcess.spawn(env, [...KEYS, 'create', '--user', 'alice']);
  const { code } = await keys.exited;
  if (code !== 0) throw new Error(`no key: ${keys.errors}`);
  return keys.firstLine();
}
