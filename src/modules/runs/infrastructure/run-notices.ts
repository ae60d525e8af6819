import { Injectable, Logger } from '@nestjs/common';
import type { StoredEvent } from '../../../shared/application/event-stream.js';
import { runDetached } from '../../../shared/application/log-context.js';
import { OnStored } from '../../../shared/infrastructure/events/on-stored.js';
import { NoticeHandlers } from '../../../shared/infrastructure/notices/notice-handlers.js';
import { RecoveryWatch } from '../application/supervision/recovery-watch.js';
import { RunSupervisor } from '../application/supervision/run-supervisor.js';
import { StartQueuedRun } from '../application/supervision/start-queued-run.js';
import { ABANDONED_NOTICE, RUNS_TOPIC } from './run-topic.js';

/** Handles notices about runs, of this process and others, and the ends of runs. */
@Injectable()
export class RunNotices {
  private readonly logger = new Logger(RunNotices.name);

  constructor(
    private readonly supervisor: RunSupervisor,
    private readonly recovery: RecoveryWatch,
    private readonly startQueued: StartQueuedRun,
    handlers: NoticeHandlers,
  ) {
    handlers.on(RUNS_TOPIC, (notices) => {
      for (const notice of notices) {
        if (notice === ABANDONED_NOTICE) this.recovery.sweepNow();
        else this.supervisor.cancel(notice);
      }
    });
  }

  /** Starts the next queued message of the session. If the event is missed, the sweep for abandoned runs finds it. */
  @OnStored('run.finished')
  async onFinished({ sessionId }: StoredEvent<'run.finished'>): Promise<void> {
    try {
      // The next run belongs to another message.
      await runDetached(() => this.startQueued.execute(sessionId));
    } catch (error) {
      this.logger.warn({ err: error, session_id: sessionId }, 'a queued run could not be started yet');
    }
  }
}
