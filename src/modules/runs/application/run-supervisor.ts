import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Subject, exhaustMap, interval, takeUntil } from 'rxjs';
import { Config } from '../../../config/config.js';
import { ServerDraining } from '../../../shared/application/errors.js';
import { InstanceId } from '../../../shared/application/instance-id.js';
import { withLogFields } from '../../../shared/application/log-context.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { RunState } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { HeldRun, Orchestrator } from './orchestrator.js';
import { CANCELLED, HANDED_OVER, LEASE_LOST, STOPPING, errorOf, hasLeft } from './run-end.js';
import { RunMetrics } from './run-metrics.js';

/** Leases are renewed so often within their time: two renewals may fail. */
const RENEWALS = 3;

interface Carried {
  readonly runId: string;
  /** Whoever carries out the job stops it, and not the end of the process. */
  readonly ofJob: boolean;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/**
 * The runs that this process carries out, each under a lease. They belong to it, not to the requests that set them in
 * motion; and only as long as the lease is renewed.
 */
@Injectable()
export class RunSupervisor implements OnApplicationBootstrap {
  private readonly logger = new Logger(RunSupervisor.name);
  /** By the token of the lease. */
  private readonly carried = new Map<string, Carried>();
  private stopping: Error | undefined;
  private readonly drained$ = new Subject<void>();

  constructor(
    private readonly orchestrator: Orchestrator,
    private readonly uow: UnitOfWork,
    private readonly metrics: RunMetrics,
    private readonly instance: InstanceId,
    private readonly shutdown: Shutdown,
    private readonly config: Config,
  ) {
    shutdown.register('drain', () => this.drain());
    // A request that was under way while the others drained may have waked one more run.
    shutdown.register('settle_runs', () => this.allDone());
  }

  onApplicationBootstrap(): void {
    interval((this.config.runLeaseSeconds * 1000) / RENEWALS)
      .pipe(
        exhaustMap(() => this.renew()),
        takeUntil(this.drained$),
      )
      .subscribe();
  }

  /** False when the process is about to end. */
  get isAccepting(): boolean {
    return !this.shutdown.draining;
  }

  /** @throws ServerDraining when the process is about to end */
  requireAccepting(): void {
    if (!this.isAccepting) throw new ServerDraining();
  }

  /**
   * Carries a run on in the background, from its last recorded step to its next rest. Nothing happens for a run that
   * rests, that is another process's, or that this one carries on already.
   */
  start({ id, jobId, status, leaseOwner, leaseToken: token }: RunState): void {
    if (status !== 'running' || leaseOwner !== this.instance.value) return;
    if (token === null || this.carried.has(token)) return;
    const stop = new AbortController();
    const ofJob = jobId !== null;
    if (this.stopping && !ofJob) stop.abort(this.stopping);
    const run = { id, leaseToken: token };
    // Entered before it begins, so that nothing can come to its end unseen.
    const done = Promise.resolve()
      .then(() => withLogFields({ run_id: id }, () => this.carryOn(run, token, stop.signal)))
      .finally(() => {
        this.carried.delete(token);
        this.metrics.active(this.carried.size);
      });
    this.carried.set(token, { runId: id, ofJob, stop, done });
    this.metrics.active(this.carried.size);
  }

  /**
   * The same for the run of a job: until it is over, or has to stop.
   * @param stop its reason is one of those in run-end
   */
  async carryOut(run: RunState, stop: AbortSignal): Promise<void> {
    this.start(run);
    const carried = this.carried.get(run.leaseToken ?? '');
    if (!carried) return;
    const passOn = () => carried.stop.abort(stop.reason);
    stop.addEventListener('abort', passOn);
    if (stop.aborted) passOn();
    await carried.done;
    stop.removeEventListener('abort', passOn);
    // Given up in good order, so that it does not count as a recovery.
    if (stop.reason === HANDED_OVER) await this.release([run.leaseToken!]);
  }

  /** Stops what a run is doing where this process carries it out; how it ends stands in the database. */
  cancel(runId: string): void {
    for (const run of this.carried.values()) if (run.runId === runId) run.stop.abort(CANCELLED);
  }

  private async carryOn(run: HeldRun, token: string, signal: AbortSignal): Promise<void> {
    try {
      await this.orchestrator.execute(run.id, token, signal);
    } catch (error) {
      await this.endBadly(run, signal, error);
    }
  }

  private async endBadly(run: HeldRun, signal: AbortSignal, error: unknown): Promise<void> {
    try {
      if (hasLeft(error, signal)) {
        this.logger.warn({ run_id: run.id, reason: (error as Error).message }, 'a run is left to others');
        return;
      }
      if (signal.aborted) return await this.orchestrator.stop(run, signal.reason);
      await this.orchestrator.fail(run, errorOf(error, this.logger, run.id));
    } catch (again) {
      // Its lease runs out, and whoever takes it over tries once more.
      this.logger.error({ err: again, run_id: run.id }, 'the end of a run could not be stored');
      this.shutdown.breakOrder();
    }
  }

  /** Prolongs the leases of all runs at once, and lets go of those that are lost. */
  private async renew(): Promise<void> {
    const tokens = [...this.carried.keys()];
    if (tokens.length === 0) return;
    try {
      const { value: renewed } = await this.uow.run('renew_leases', (tx) =>
        tx.get(RunRepository).renew(tokens),
      );
      const kept = new Map(renewed.map(({ token, cancelRequested }) => [token, cancelRequested]));
      for (const token of tokens) {
        const { stop } = this.carried.get(token) ?? {};
        if (!kept.has(token)) stop?.abort(LEASE_LOST);
        // The notice may have been missed.
        else if (kept.get(token)) stop?.abort(CANCELLED);
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'leases could not be renewed; the next turn tries again');
    }
  }

  /** Waits for the runs as long as the settings allow; then ends the rest, or hands them over. */
  private async drain(): Promise<void> {
    const idle = new AbortController();
    const limit = AbortSignal.any([this.shutdown.hurry, idle.signal]);
    const timeUp = pause(this.config.shutdownDrainTimeoutSeconds * 1000, undefined, { signal: limit }).catch(
      () => undefined, // hurried, or nothing left to wait for
    );
    await Promise.race([this.allDone(), timeUp]);
    idle.abort();
    const left = [...this.carried].filter(([, { ofJob }]) => !ofJob);
    const handsOver = this.config.shutdownPolicy === 'handover';
    this.stopping = handsOver ? HANDED_OVER : STOPPING;
    for (const [, { stop }] of left) stop.abort(this.stopping);
    await this.allDone();
    this.drained$.next();
    if (handsOver) await this.release(left.map(([token]) => token));
  }

  private async release(tokens: readonly string[]): Promise<void> {
    if (tokens.length === 0) return;
    await this.uow.run('release_leases', (tx) => tx.get(RunRepository).release(tokens));
    this.logger.log({ runs: tokens.length }, 'runs are handed over');
  }

  private async allDone(): Promise<void> {
    while (this.carried.size > 0) await Promise.all([...this.carried.values()].map(({ done }) => done));
  }
}
