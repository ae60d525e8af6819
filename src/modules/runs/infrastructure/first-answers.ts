import { Injectable, Logger } from '@nestjs/common';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import type { StoredEvent } from '../../../shared/application/event-stream.js';
import { runDetached } from '../../../shared/application/log-context.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { OnStored } from '../../../shared/infrastructure/events/on-stored.js';
import { TitleSession } from '../application/supervision/title-session.js';

/** Titles in work at the same time, and those that wait; with more, sessions keep their first line. */
const AT_ONCE = 4;
const WAITING = 100;
const TIME_LIMIT_MS = 60_000;

/** Has the session of a first answer titled, beside everything else. */
@Injectable()
export class FirstAnswers {
  private readonly logger = new Logger(FirstAnswers.name);
  private readonly turns = bulkhead(AT_ONCE, WAITING);
  private readonly stop = new AbortController();
  private readonly open = new Set<Promise<void>>();

  constructor(
    private readonly titleSession: TitleSession,
    shutdown: Shutdown,
  ) {
    shutdown.begun$.subscribe(() => this.stop.abort());
    // The ledger still gets the outcome of what was stopped.
    shutdown.register('settle_runs', async () => void (await Promise.all(this.open)));
  }

  @OnStored('run.finished')
  async onFinished({ sessionId, runId, data }: StoredEvent<'run.finished'>): Promise<void> {
    if (runId === null || data.status !== 'completed' || !this.titleSession.isWanted) return;
    const titled = runDetached(() => this.title(sessionId, runId));
    this.open.add(titled);
    await titled;
    this.open.delete(titled);
  }

  private async title(sessionId: string, runId: string): Promise<void> {
    try {
      await this.turns.execute(async () => {
        if (this.stop.signal.aborted) return;
        const signal = AbortSignal.any([this.stop.signal, AbortSignal.timeout(TIME_LIMIT_MS)]);
        await this.titleSession.execute(runId, signal);
      });
    } catch (error) {
      if (this.stop.signal.aborted || error instanceof BulkheadRejectedError) return; // the first line stays
      this.logger.warn({ err: error, session_id: sessionId }, 'a session keeps the first line as its title');
    }
  }
}
