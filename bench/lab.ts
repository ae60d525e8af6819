import { join } from 'node:path';
import type { TurnsOrder, TurnsResult } from './client/orders.ts';
import type { Target } from './client/turn.ts';
import { Client, Service } from './machine/child.ts';
import { Postgres, Sql } from './machine/postgres.ts';
import { OURS, Product } from './machine/product.ts';
import { SqlCounter } from './machine/sql-counter.ts';
import type { Usage } from './machine/usage.ts';
import type { Sides } from './sides.ts';
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
  /** What each fsync of PostgreSQL takes longer. */
  readonly diskMs: number;
  /** A built checkout that is measured beside this one. */
  readonly against: string | undefined;
}

/** What answers turns, and is compared with others that do. */
export interface Contender {
  readonly target: Target;
  readonly usage: Usage;
  /** Has profiles made of it. */
  readonly server?: Product;
}

/** What stores its answers, and the database that it has for itself. */
export interface Durable extends Contender {
  readonly target: { readonly sessions: string };
  /** A connection that the counter does not see. */
  readonly sql: Sql;
}

/** A server of the product. */
export interface Bench extends Durable {
  readonly server: Product;
  readonly counter: SqlCounter | undefined;
}

/** The server, and another build of it where there is one. */
export type Builds<T> = Pick<Sides<T>, 'figure' | 'before'>;

/** What all measures have in common: the model, the proxy, the client, PostgreSQL. */
export class Lab implements AsyncDisposable {
  readonly sizes: Sizes;
  readonly client: Client;
  readonly model: Service;
  /** Hands bytes on. */
  readonly proxy: Contender;
  /** Writes an event of our API for each piece. */
  readonly translator: Contender;
  private readonly options: LabOptions;
  readonly postgres: Postgres;
  private processes = 0;
  /** What is still there when a measure is interrupted; and the servers of a quick run, which has one of a kind. */
  private readonly left = new AsyncDisposableStack();
  private readonly shared = new Map<keyof Builds<Bench>, Promise<Bench>>();
  private sharedFloor: Promise<Durable> | undefined;

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
    this.proxy = { target: { model: `${proxy.url}/bytes` }, usage: proxy.usage };
    this.translator = { target: { model: `${proxy.url}/events` }, usage: proxy.usage };
    this.postgres = postgres;
    for (const process of [client, model, proxy]) this.left.use(process);
  }

  static async open(options: LabOptions): Promise<Lab> {
    // First and alone: on a slower disk it is started in an environment of its own.
    const postgres = await Postgres.start(options.folder, options.diskMs);
    const [client, model] = await Promise.all([Client.start(), Service.start('model/stub.ts')]);
    const proxy = await Service.start('baselines/proxy.ts', model.url);
    return new Lab(options, { client, model, proxy, postgres });
  }

  /**
   * Lets a server work that has nothing behind it but its warm-up, on a database of its own. In a quick run it is the
   * same one for all.
   */
  async withServer(work: (bench: Bench) => Promise<void>): Promise<void> {
    await using stack = new AsyncDisposableStack();
    await work(await this.openBench(stack, 'figure', false));
  }

  /**
   * As `withServer`, for what is also measured of another build.
   * @param counted whether what they ask of PostgreSQL is counted, which takes time
   */
  async withBuilds(work: (builds: Builds<Bench>) => Promise<void>, { counted = false } = {}): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const before = this.checkouts.before && (await this.openBench(stack, 'before', counted));
    const figure = await this.openBench(stack, 'figure', counted);
    await work({ figure, ...(before && { before }) });
  }

  /** As `withBuilds`, beside the floor. */
  async withBuildsAndFloor(
    work: (sides: Builds<Bench> & { readonly floor: Durable }) => Promise<void>,
  ): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const floor = await this.openFloor(stack);
    await this.withBuilds((builds) => work({ floor, ...builds }));
  }

  /** The checkouts that are measured. */
  get checkouts(): Builds<string> {
    const { against } = this.options;
    return { figure: OURS, ...(against !== undefined && { before: against }) };
  }

  createDatabase(): Promise<string> {
    return this.postgres.createDatabase();
  }

  /** A process of the product, for whom `withServer` is not enough. */
  async start(
    program: 'server' | 'worker',
    databaseUrl: string,
    env: Record<string, string> = {},
    checkout = OURS,
  ): Promise<Product> {
    const { folder, profiles } = this.options;
    const product = await Product.start(
      program,
      checkout,
      {
        ...WITHOUT_LIMITS,
        ...{ PORT: '0', WORKER_PORT: '0' },
        ...{ DATABASE_URL: databaseUrl, OPENAI_BASE_URL: this.model.url },
        ...env,
      },
      join(folder, `${program}-${++this.processes}.log`),
      checkout === OURS ? profiles : undefined,
    );
    return this.left.use(product);
  }

  /** One round of short turns, which is not counted. */
  async openConnections(order: TurnsOrder): Promise<void> {
    await this.client.do('turns', { ...order, wish: WARM_UP, rounds: 1 });
  }

  /** Lets turns be taken when their connections are open. */
  async turns(order: TurnsOrder): Promise<TurnsResult> {
    await this.openConnections(order);
    return this.client.do('turns', order);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.left[Symbol.asyncDispose]();
    await this.postgres[Symbol.asyncDispose]();
  }

  private openBench(
    stack: AsyncDisposableStack,
    build: keyof Builds<Bench>,
    counted: boolean,
  ): Promise<Bench> {
    const checkout = this.checkouts[build] ?? OURS;
    if (!this.options.quick) return this.startBench(stack, checkout, counted);
    const bench = this.shared.get(build) ?? this.startBench(this.left, checkout, true);
    this.shared.set(build, bench);
    return bench;
  }

  private openFloor(stack: AsyncDisposableStack): Promise<Durable> {
    if (!this.options.quick) return this.startFloor(stack);
    return (this.sharedFloor ??= this.startFloor(this.left));
  }

  private async startBench(stack: AsyncDisposableStack, checkout: string, counted: boolean): Promise<Bench> {
    const databaseUrl = await this.createDatabase();
    const sql = stack.use(await Sql.connect(databaseUrl));
    const counter = counted ? stack.use(await SqlCounter.before(databaseUrl)) : undefined;
    const server = stack.use(await this.start('server', counter?.url ?? databaseUrl, {}, checkout));
    const target = { sessions: server.sessions };
    await this.warmUp(target);
    return { server, target, usage: server.usage, sql, counter };
  }

  private async startFloor(stack: AsyncDisposableStack): Promise<Durable> {
    const databaseUrl = await this.createDatabase();
    const sql = stack.use(await Sql.connect(databaseUrl));
    const floor = stack.use(await Service.start('baselines/floor.ts', this.model.url, databaseUrl));
    const target = { sessions: floor.url };
    await this.warmUp(target);
    return { target, usage: floor.usage, sql };
  }

  private async warmUp(target: Target): Promise<void> {
    await this.client.do('turns', { target, wish: WARM_UP, ...this.sizes.warmUp });
  }
}
