import { Injectable, Logger } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import { Counter, Histogram } from 'prom-client';
import { StorageFailed } from '../../application/errors.js';
import { StoredEvent } from '../../application/event-stream.js';
import { IdempotentRequest } from '../../application/idempotency.js';
import { withRetries } from '../../application/retry.js';
import { Tracing } from '../../application/tracing.js';
import { Committed, RepositoryType, Transaction, UnitOfWork } from '../../application/unit-of-work.js';
import { DomainEvent } from '../../domain/domain-event.js';
import { EventLog } from '../events/event-log.js';
import { ACTIVITY, activityOf } from '../notices/activity-topic.js';
import { Announcer } from '../notices/announcer.js';
import { Notice } from '../notices/notice.js';
import { anotherAttempt } from './another-attempt.js';
import { Connection, Database } from './database.js';
import { isRefusal, translateDatabaseError } from './database-errors.js';
import { IdempotencyKeys, Outcome } from './idempotency-keys.js';
import { enterUnitOfWork } from './open-waits.js';
import { RepositoryContext } from './repository-context.js';
import { RepositoryRegistry } from './repository-registry.js';
import { RowStatements, Statement } from './row-statements.js';
import { SqlTransaction } from './sql-transaction.js';

const SLOW_MS = 100;

/** `replayed`: the work was skipped, since an earlier request had the same key. */
type TransactionOutcome = 'committed' | 'rolled_back' | 'replayed';

/** The outcome, the callbacks to call after the commit, and the notices to send then besides the events. */
interface FinishedWork<T> {
  readonly committed: Committed<T>;
  readonly callbacks: readonly (() => void)[];
  readonly notice: Notice;
}

@Injectable()
export class PostgresUnitOfWork extends UnitOfWork {
  private readonly logger = new Logger(UnitOfWork.name);

  constructor(
    private readonly database: Database,
    private readonly statements: RowStatements,
    private readonly repositories: RepositoryRegistry,
    private readonly keys: IdempotencyKeys,
    private readonly eventLog: EventLog,
    private readonly announcer: Announcer,
    private readonly tracing: Tracing,
    @InjectMetric('sse_transaction_duration_seconds')
    private readonly duration: Histogram<'operation' | 'outcome'>,
    @InjectMetric('sse_transaction_commits_total')
    private readonly commits: Counter<'operation' | 'status'>,
  ) {
    super();
  }

  async run<T>(operation: string, work: (tx: Transaction) => Promise<T>): Promise<Committed<T>> {
    const attributes = { 'db.system.name': 'postgresql', 'agent_runtime.operation': operation };
    const { committed, callbacks, notice } = await this.tracing.withSpan(
      `unit_of_work ${operation}`,
      { attributes },
      () =>
        enterUnitOfWork(operation, () => withRetries(anotherAttempt(), () => this.runOnce(operation, work))),
    );
    // Outside the guarded path: a callback or listener may open a unit of work.
    if (!committed.replayed) this.announcer.stored(committed.events, notice);
    // Last: one that throws must not keep others from what is stored.
    for (const callback of callbacks) callback();
    return committed;
  }

  takeTurn(): Promise<void> {
    return this.database.takeTurn();
  }

  private async runOnce<T>(
    operation: string,
    work: (tx: Transaction) => Promise<T>,
  ): Promise<FinishedWork<T>> {
    const keyed = this.keys.current();
    const recorded: DomainEvent[] = [];
    const callbacks: (() => void)[] = [];
    const lastWrites: (() => Statement)[] = [];
    const notice = new Notice();
    let connection: Connection | undefined;
    let sql: SqlTransaction | undefined;
    let begunAt = performance.now();
    try {
      // Waiting for a free connection does not count as transaction time.
      connection = await this.database.connect();
      begunAt = performance.now();
      sql = new SqlTransaction(connection.client);
      // First statement: the second of two equal, simultaneous requests waits here and holds no other locks.
      const earlier = keyed && (await this.earlier<T>(sql, keyed.request));
      if (earlier) {
        await sql.rollBack(undefined);
        this.measure(operation, 'replayed', performance.now() - begunAt);
        keyed.close();
        return { committed: earlier, callbacks: [], notice };
      }
      const context = new RepositoryContext(
        sql,
        this.statements,
        (...events) => void recorded.push(...events),
        (topic, text) => void notice.add(topic, [text]),
        (statement) => void lastWrites.push(statement),
      );
      const value = await work(this.transaction(context, callbacks));
      for (const statement of lastWrites) sql.write(statement());
      const appending = this.eventLog.append(sql, recorded);
      if (keyed) this.keys.record(sql, keyed.request, toOutcome(value, await appending));
      const [events] = await Promise.all([appending, sql.commit()]);
      this.measure(operation, 'committed', performance.now() - begunAt);
      keyed?.close();
      return { committed: { value, events, replayed: false }, callbacks, notice };
    } catch (error) {
      const reason = sql ? await sql.rollBack(error) : error;
      this.measure(operation, 'rolled_back', performance.now() - begunAt);
      const mayBeStored = sql?.mayBeCommitted ?? false;
      const translated = translateDatabaseError(reason, mayBeStored);
      if (mayBeStored) {
        this.announcer.perhapsStored(recorded, notice.add(ACTIVITY, activityOf(recorded)));
      }
      throw isRefusal(translated) ? new StorageFailed(operation, translated) : translated;
    } finally {
      await connection?.release();
    }
  }

  /** Takes the key of the request. @returns the outcome of the earlier request with it, if there is one */
  private async earlier<T>(
    sql: SqlTransaction,
    request: IdempotentRequest,
  ): Promise<Committed<T> | undefined> {
    const outcome = await this.keys.take(sql, request);
    if (!outcome) return undefined;
    const events = await this.eventLog.find(sql, outcome.places);
    return { value: outcome.value as T, events, replayed: true };
  }

  private transaction(context: RepositoryContext, callbacks: (() => void)[]): Transaction {
    const created = new Map<RepositoryType<unknown>, unknown>();
    return {
      record: context.record,
      afterCommit: (callback) => void callbacks.push(callback),
      get: <R>(port: RepositoryType<R>): R => {
        if (!created.has(port)) created.set(port, this.repositories.create(port, context));
        return created.get(port) as R;
      },
    };
  }

  private measure(operation: string, outcome: TransactionOutcome, durationMs: number): void {
    this.duration.observe({ operation, outcome }, durationMs / 1000);
    if (outcome !== 'replayed') {
      this.commits.inc({ operation, status: outcome === 'committed' ? 'success' : 'error' });
    }
    if (durationMs > SLOW_MS) {
      this.logger.warn({ operation, outcome, duration_ms: Math.round(durationMs) }, 'slow transaction');
    }
  }
}

const toOutcome = (value: unknown, events: readonly StoredEvent[]): Outcome => ({
  value,
  places: events.map(({ sessionId, seq }) => ({ sessionId, seq })),
});
