import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { BehaviorSubject, Observable, filter, take } from 'rxjs';
import { Config } from '../../config/config.js';

/** In this order; each stage ends before the next begins. The steps of one stage run in parallel. */
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

/** How long the last writes of a run may wait for the database after the drain. */
export const LAST_WRITE_MS = 10_000;

/** Stages after the HTTP server has closed: no request uses the database any more. */
const AFTER_HTTP: readonly ShutdownStage[] = [
  'settle_runs',
  'close_database',
  'stop_database',
  'flush_spans',
];

/** Ends the process in stages, driven by `app.close()`. Each owner of a resource registers a step at a stage. */
@Injectable()
export class Shutdown implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(Shutdown.name);
  private readonly steps = new Map<ShutdownStage, (() => Promise<void> | void)[]>();
  private readonly draining$ = new BehaviorSubject(false);
  private readonly forceController = new AbortController();
  private readonly writeDeadlineController = new AbortController();
  private complete = true;

  constructor(private readonly config: Config) {}

  /** Emits once, when the shutdown begins, and completes. */
  readonly begun$: Observable<true> = this.draining$.pipe(
    filter((draining): draining is true => draining),
    take(1),
  );

  /** True after the first signal: no new work is accepted. */
  get draining(): boolean {
    return this.draining$.value;
  }

  /** Aborted by a second signal: steps stop waiting for work in progress. */
  get forced(): AbortSignal {
    return this.forceController.signal;
  }

  /** Aborted at the end of the time for last writes: waits for the database give up. */
  get writeDeadline(): AbortSignal {
    return this.writeDeadlineController.signal;
  }

  /** False if a step failed or was cut short: the process exits with 1. */
  get isComplete(): boolean {
    return this.complete;
  }

  /** Called by a step that could not finish its work, after logging why. No effect before the shutdown begins. */
  markIncomplete(): void {
    if (this.draining) this.complete = false;
  }

  register(stage: ShutdownStage, step: () => Promise<void> | void): void {
    this.steps.set(stage, [...(this.steps.get(stage) ?? []), step]);
  }

  /** Stops waiting for work in progress; its results so far are still stored. */
  forceStop(): void {
    this.forceController.abort();
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
    setTimeout(() => this.writeDeadlineController.abort(), drainMs + LAST_WRITE_MS).unref();
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
      // A failed step must not prevent later ones, above all stopping the database.
      this.logger.error({ err: error, stage }, 'a shutdown step failed');
      this.markIncomplete();
    }
  }
}
