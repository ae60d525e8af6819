import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { BehaviorSubject, Observable, filter, take } from 'rxjs';

/** In this order; each stage ends before the next begins. Within one, everything ends at the same time. */
const STAGES = [
  'drain',
  'flush_events',
  'end_streams',
  'settle_runs',
  'close_database',
  'stop_database',
] as const;

export type ShutdownStage = (typeof STAGES)[number];

/** Stages that need the HTTP server gone: whoever still uses the database has been told to stop by then. */
const AFTER_HTTP: readonly ShutdownStage[] = ['settle_runs', 'close_database', 'stop_database'];

/**
 * Ends the process in order, driven by `app.close()`. Whoever holds something that must end registers how, by stage.
 */
@Injectable()
export class Shutdown implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(Shutdown.name);
  private readonly steps = new Map<ShutdownStage, (() => Promise<void> | void)[]>();
  private readonly draining$ = new BehaviorSubject(false);
  private readonly hurried = new AbortController();

  /** Emits once, and completes, when the process has begun to end. */
  readonly begun$: Observable<true> = this.draining$.pipe(
    filter((draining): draining is true => draining),
    take(1),
  );

  /** True from the first signal on: no new work is taken. */
  get draining(): boolean {
    return this.draining$.value;
  }

  /** Aborted when waiting is no longer wanted (a second signal). */
  get hurry(): AbortSignal {
    return this.hurried.signal;
  }

  register(stage: ShutdownStage, step: () => Promise<void> | void): void {
    this.steps.set(stage, [...(this.steps.get(stage) ?? []), step]);
  }

  /** Shortens every wait of the shutdown to nothing. */
  hurryUp(): void {
    this.hurried.abort();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.logger.log('stopping: no new work is taken');
    this.draining$.next(true);
    await this.perform(STAGES.filter((stage) => !AFTER_HTTP.includes(stage)));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.perform(AFTER_HTTP);
  }

  private async perform(stages: readonly ShutdownStage[]): Promise<void> {
    for (const stage of stages) {
      await Promise.all((this.steps.get(stage) ?? []).map((step) => this.attempt(stage, step)));
    }
  }

  private async attempt(stage: ShutdownStage, step: () => Promise<void> | void): Promise<void> {
    try {
      await step();
    } catch (error) {
      // One step that fails must not keep the later ones (above all: the database's end) from happening.
      this.logger.error({ err: error, stage }, 'a shutdown step failed');
    }
  }
}
