import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { ServerDraining } from '../../../shared/application/errors.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { INTERNAL_ERROR } from '../domain/run.js';
import { Orchestrator } from './orchestrator.js';
import { LAST_WRITE_MS } from './run-journal.js';
import { RunMetrics } from './run-metrics.js';

const STOPPING = new Error('the process ends');

/** The runs that this process carries out. They belong to it, not to the requests that set them in motion. */
@Injectable()
export class RunSupervisor {
  private readonly logger = new Logger(RunSupervisor.name);
  private readonly running = new Map<
    string,
    { readonly done: Promise<void>; readonly stop: AbortController }
  >();
  private stopping = false;

  constructor(
    private readonly orchestrator: Orchestrator,
    private readonly metrics: RunMetrics,
    private readonly shutdown: Shutdown,
    private readonly config: Config,
  ) {
    shutdown.register('drain_runs', () => this.drain());
    // A request that was under way while the others drained may have waked one more run.
    shutdown.register('settle_runs', () => this.allDone());
  }

  /** @throws ServerDraining when the process is about to end */
  requireAccepting(): void {
    if (this.shutdown.draining) throw new ServerDraining();
  }

  /** Carries a run on in the background, from its last recorded step to its next rest. */
  start(runId: string): void {
    const { before, stop } = this.place(runId);
    const done = before
      .then(() => this.carryOn(runId, stop.signal))
      .finally(() => {
        if (this.running.get(runId)?.done === done) this.running.delete(runId);
        this.metrics.active(this.running.size);
      });
    this.running.set(runId, { done, stop });
    this.metrics.active(this.running.size);
  }

  /**
   * A run that has just gone to rest may be waked before its loop has ended: one after the other. That loop may even see
   * that the run goes on, and stay with it; so both are stopped by the same signal.
   */
  private place(runId: string): { before: Promise<void>; stop: AbortController } {
    const known = this.running.get(runId);
    if (known) return { before: known.done, stop: known.stop };
    const stop = new AbortController();
    if (this.stopping) stop.abort(STOPPING);
    return { before: Promise.resolve(), stop };
  }

  /** Stops what a run is doing where this process carries it out; how it ends stands in the database. */
  stop(runId: string): void {
    this.running.get(runId)?.stop.abort(new Error('the run is to end'));
  }

  private async carryOn(runId: string, signal: AbortSignal): Promise<void> {
    try {
      await this.orchestrator.execute(runId, signal);
    } catch (error) {
      await this.endBadly(runId, signal, error);
    }
  }

  private async endBadly(runId: string, signal: AbortSignal, error: unknown): Promise<void> {
    try {
      if (signal.aborted) return await this.orchestrator.interrupt(runId);
      this.logger.error({ err: error, run_id: runId }, 'a run failed by a defect');
      await this.orchestrator.fail(runId, INTERNAL_ERROR);
    } catch (again) {
      this.logger.error({ err: again, run_id: runId }, 'the end of a run could not be stored');
    }
  }

  /** Waits for the runs as long as the settings allow, interrupts the rest and waits until their state is stored. */
  private async drain(): Promise<void> {
    const idle = new AbortController();
    const limit = AbortSignal.any([this.shutdown.hurry, idle.signal]);
    const timeUp = pause(this.config.shutdownDrainTimeoutSeconds * 1000, undefined, { signal: limit }).catch(
      () => undefined, // hurried, or nothing left to wait for
    );
    await Promise.race([this.allDone(), timeUp]);
    idle.abort();
    this.stopping = true;
    for (const { stop } of this.running.values()) stop.abort(STOPPING);
    // From here on nothing waits longer than this, also not for a database that does not come back.
    setTimeout(() => this.shutdown.hurryUp(), LAST_WRITE_MS).unref();
    await this.allDone();
  }

  private async allDone(): Promise<void> {
    while (this.running.size > 0) {
      await Promise.all([...this.running.values()].map(({ done }) => done));
    }
  }
}
