import { join } from 'node:path';
import type { TurnsOrder, TurnsResult } from './client/orders.ts';
import { Client, Service } from './machine/child.ts';
import { Postgres, Sql } from './machine/postgres.ts';
import { Product } from './machine/product.ts';
import { SqlCounter } from './machine/sql-counter.ts';
import { FULL, QUICK, type Sizes } from './sizes.ts';

/** Far more than is asked for: how requests are refused is not what is measured. */
const WITHOUT_LIMITS = {
  RATE_LIMIT_PER_MINUTE: '1000000',
  SSE_CONNECTIONS_PER_USER: '0',
  JOB_QUOTA_PER_USER: '0',
  JOB_QUOTA_PER_TYPE: '0',
};
const WARM_UP = { tokens: 20 };

interface LabOptions {
  /** Everything that is written while it measures goes there. */
  readonly folder: string;
  readonly quick: boolean;
  /** The folder for CPU profiles; undefined = none are wanted. */
  readonly profiles: string | undefined;
}

/** A server, and the database that it has for itself. */
export interface Bench {
  readonly server: Product;
  readonly target: { readonly sessions: string };
  /** A connection that the counter does not see. */
  readonly sql: Sql;
  readonly counter: SqlCounter | undefined;
}

/** What all measures have in common: the model, the proxy, the client, PostgreSQL. */
export class Lab implements AsyncDisposable {
  readonly sizes: Sizes;
  readonly client: Client;
  readonly model: Service;
  readonly proxy: Service;
  private readonly options: LabOptions;
  readonly postgres: Postgres;
  private processes = 0;
  /** What is still there when a measure is interrupted; and the one server of a quick run. */
  private readonly left = new AsyncDisposableStack();
  private shared: Bench | undefined;

  private constructor(
    options: LabOptions,
    {
      client,
      model,
      proxy,
      postgres,
    }: { client: Client; model: Service; proxy: Service; postgres: Postgres },
  ) {
    this.options = options;
    this.sizes = options.quick ? QUICK : FULL;
    this.client = client;
    this.model = model;
    this.proxy = proxy;
    this.postgres = postgres;
  }

  static async open(options: LabOptions): Promise<Lab> {
    const [client, model, postgres] = await Promise.all([
      Client.start(),
      Service.start('model/stub.ts'),
      Postgres.start(options.folder),
    ]);
    const proxy = await Service.start('model/proxy.ts', model.url);
    return new Lab(options, { client, model, proxy, postgres });
  }

  /**
   * Lets a server work that has nothing behind it but its warm-up, on a database of its own. In a quick run it is the
   * same one for all.
   * @param counted whether what it asks of PostgreSQL is counted, which takes time
   */
  async withServer(work: (bench: Bench) => Promise<void>, { counted = false } = {}): Promise<void> {
    if (this.options.quick) return work((this.shared ??= await this.openBench(this.left, true)));
    await using stack = new AsyncDisposableStack();
    await work(await this.openBench(stack, counted));
  }

  createDatabase(): Promise<string> {
    return this.postgres.createDatabase();
  }

  /** A process of the product, for whom `withServer` is not enough. */
  async start(
    program: 'server' | 'worker',
    databaseUrl: string,
    env: Record<string, string> = {},
  ): Promise<Product> {
    const { folder, profiles } = this.options;
    const product = await Product.start(
      program,
      {
        ...WITHOUT_LIMITS,
        ...{ PORT: '0', WORKER_PORT: '0' },
        ...{ DATABASE_URL: databaseUrl, OPENAI_BASE_URL: this.model.url },
        ...env,
      },
      join(folder, `${program}-${++this.processes}.log`),
      profiles,
    );
    return this.left.use(product);
  }

  /** Lets turns be taken, after one round that opens the connections and is not counted. */
  async turns(order: TurnsOrder): Promise<TurnsResult> {
    await this.client.do('turns', { ...order, wish: WARM_UP, rounds: 1 });
    return this.client.do('turns', order);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.left[Symbol.asyncDispose]();
    this.client[Symbol.dispose]();
    this.proxy[Symbol.dispose]();
    this.model[Symbol.dispose]();
    await this.postgres[Symbol.asyncDispose]();
  }

  private async openBench(stack: AsyncDisposableStack, counted: boolean): Promise<Bench> {
    const databaseUrl = await this.createDatabase();
    const sql = stack.use(await Sql.connect(databaseUrl));
    const counter = counted ? stack.use(await SqlCounter.before(databaseUrl)) : undefined;
    const server = stack.use(await this.start('server', counter?.url ?? databaseUrl));
    const target = { sessions: server.sessions };
    await this.client.do('turns', { target, wish: WARM_UP, ...this.sizes.warmUp });
    return { server, target, sql, counter };
  }
}
