import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { BehaviorSubject, Observable, filter, take } from 'rxjs';
import { Config } from '../../config/config.js';

/** In this order; each stage ends before the next begins. Within one, everything ends at the same time. */
const STAGES = [
  'drain',
  'flush_events',
  'end_streams',
  'answer_requests',
  'settle_runs',
  'close_database',
  'stop_database',
  'flush_spans',
] as const;

export type ShutdownStage = (typeof STAGES)[number];

/** How long the last word on a run may wait for the database, after the runs were told to stop. */
export const LAST_WRITE_MS = 10_000;

/** Stages that need the HTTP server gone: whoever still uses the database has been told to stop by then. */
const AFTER_HTTP: readonly ShutdownStage[] = [
  'settle_runs',
  'close_database',
  'stop_database',
  'flush_spans',
];

/**
 * Ends the process in order, driven by `app.close()`. Whoever holds something that must end registers how, by stage.
 */
@Injectable()
export class Shutdown implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(Shutdown.name);
  private readonly steps = new Map<ShutdownStage, (() => Promise<void> | void)[]>();
  private readonly draining$ = new BehaviorSubject(false);
  private readonly hurried = new AbortController();
  private readonly ended = new AbortController();
  private orderKept = true;

  constructor(private readonly config: Config) {}

  /** Emits once, and completes, when the process has begun to end. */
  readonly begun$: Observable<true> = this.draining$.pipe(
    filter((draining): draining is true => draining),
    take(1),
  );

  /** True from the first signal on: no new work is taken. */
  get draining(): boolean {
    return this.draining$.value;
  }

  /** Aborted when nobody is to wait for what goes on (a second signal). */
  get forced(): AbortSignal {
    return this.hurried.signal;
  }

  /** Aborted when nothing more can be stored: whoever waits for the database to come back gives up. */
  get writeDeadline(): AbortSignal {
    return this.ended.signal;
  }

  /** False when something that should have been done before the end was not. */
  get isOrderly(): boolean {
    return this.orderKept;
  }

  /** Whoever could not keep the order says so, and logs why. Before the end there is none to keep. */
  markIncomplete(): void {
    if (this.draining) this.orderKept = false;
  }

  register(stage: ShutdownStage, step: () => Promise<void> | void): void {
    this.steps.set(stage, [...(this.steps.get(stage) ?? []), step]);
  }

  /** Waits no longer for what goes on; only what has come of it is still stored. */
  forceStop(): void {
    this.hurried.abort();
    this.endWritesAfter(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.logger.log('stopping: no new work is taken');
    this.endWritesAfter(this.config.shutdownDrainTimeoutSeconds * 1000);
    this.draining$.next(true);
    await this.perform(STAGES.filter((stage) => !AFTER_HTTP.includes(stage)));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.perform(AFTER_HTTP);
  }

  private endWritesAfter(drainMs: number): void {
    setTimeout(() => this.ended.abort(), drainMs + LAST_WRITE_MS).unref();
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
      this.markIncomplete();
    }
  }
}
