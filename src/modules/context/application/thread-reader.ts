import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { budgetOf } from '../../../shared/domain/budget.js';
import { LlmCall, ModelCatalog } from '../../models/index.js';
import { ThreadQueries, ThreadRepository, ThreadRequest, ThreadRows } from './thread-rows.js';

/** A call whose thread is read. */
type Reading = Pick<LlmCall, 'sessionId' | 'agent' | 'model'>;

/** A thread, and what is told with it: tools of clients, the workspace. */
type Told = Pick<ThreadRequest, 'thread' | 'toolsDigest' | 'workspaceDigest'>;

/**
 * Messages are read up to this multiple of the budget. Where more are there, the thread is too large by any count, since
 * what a provider tells counts down to half of the estimate.
 */
const READ = 2;

/** Reads what a call to a model is made of. */
@Injectable()
export class ThreadReader {
  /** By the call that was opened with the read. A call that is restored from the database has none. */
  private readonly ahead = new WeakMap<Reading, Promise<ThreadRows>>();

  constructor(
    private readonly threads: ThreadQueries,
    private readonly models: ModelCatalog,
    private readonly patience: DatabasePatience,
  ) {}

  /**
   * Sends the read with the unit of work that opens the call, after its messages, and does not wait for it: the commit
   * follows at once, and the answers to both arrive together.
   */
  readAhead(tx: Transaction, call: Reading, told: Told): void {
    if (!this.models.has(call.model)) return; // it was taken out of the file: the run fails when it asks
    const rows = tx.get(ThreadRepository).read(this.requestFor(call, told));
    rows.catch(() => undefined); // the unit of work fails with it
    this.ahead.set(call, rows);
  }

  /** What was read ahead for the call; read now where nothing was. */
  first(call: Reading, told: Told, signal: AbortSignal): Promise<ThreadRows> {
    return this.ahead.get(call) ?? this.again(call, told, signal);
  }

  /** @throws ModelNotConfigured, DatabaseUnavailable once the signal is aborted */
  async again(call: Reading, told: Told, signal: AbortSignal): Promise<ThreadRows> {
    const request = this.requestFor(call, told);
    return this.patience.read('read_history', signal, () => this.threads.read(request));
  }

  private requestFor({ sessionId, agent, model }: Reading, told: Told): ThreadRequest {
    const most = READ * budgetOf(this.models.get(model).limit).tokens;
    const { thread, toolsDigest, workspaceDigest } = told;
    return { sessionId, thread, agent, model, toolsDigest, workspaceDigest, most };
  }
}
