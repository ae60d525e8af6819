import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { ServerDraining } from '../../../../shared/application/errors.js';
import { InstanceId } from '../../../../shared/application/instance-id.js';
import { LeasedWork } from '../../../../shared/application/leased-work.js';
import { withTrace } from '../../../../shared/application/log-context.js';
import { Shutdown } from '../../../../shared/application/shutdown.js';
import { placeOf } from '../../../../shared/application/trace-context.js';
import { UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { RunState } from '../../domain/run-state.js';
import { RunRepository } from '../../domain/run.repository.js';
import { LeasedRun, Orchestrator } from '../orchestration/orchestrator.js';
import { CANCELLED, HANDED_OVER, LEASE_LOST, STOPPING, errorOf, isDetached } from '../lifecycle/endings.js';
import { RunMetrics } from '../run-metrics.js';
import { JustStored, RunAtWork } from '../run.queries.js';

/** A run that this process executes. */
interface Executed {
  readonly runId: string;
  /** Its job stops it, not the shutdown of the process. */
  readonly ofJob: boolean;
}

/**
 * The runs that this process executes, each under a lease that it renews. They do not depend on the requests that
 * started them.
 */
@Injectable()
export class RunSupervisor implements OnApplicationBootstrap {
  private readonly logger = new Logger(RunSupervisor.name);
  private readonly work = new LeasedWork<Executed>(this.logger, { cancelled: CANCELLED, lost: LEASE_LOST });
  private stopping: Error | undefined;
  /** Leases to give up, for another process to go on. */
  private readonly handedOver: string[] = [];
  private readonly inBackground = new Set<Promise<void>>();

  constructor(
    private readonly orchestrator: Orchestrator,
    private readonly uow: UnitOfWork,
    private readonly metrics: RunMetrics,
    private readonly instance: InstanceId,
    private readonly shutdown: Shutdown,
    private readonly config: Config,
  ) {
    shutdown.register('drain', () => this.drain());
    // A request during the drain may have started another run, and so may work in the background.
    shutdown.register('settle_runs', async () => {
      await Promise.allSettled(this.inBackground);
      await this.work.allDone();
      await this.releaseHandedOver();
    });
  }

  onApplicationBootstrap(): void {
    this.work.keep(this.config.runLeaseSeconds, async (tokens) => {
      const { value } = await this.uow.run('renew_leases', (tx) => tx.get(RunRepository).renew(tokens));
      return value;
    });
  }

  /** False during the shutdown. */
  get isAccepting(): boolean {
    return !this.shutdown.draining;
  }

  /** @throws ServerDraining during the shutdown */
  requireAccepting(): void {
    if (!this.isAccepting) throw new ServerDraining();
  }

  /**
   * Does work beside requests that may start runs, unless the process ends. The end of the process waits for it: a lease that it
   * takes is given up like the others.
   */
  async startInBackground(work: () => Promise<void>): Promise<void> {
    if (!this.isAccepting) return;
    const done = work();
    this.inBackground.add(done);
    await done.finally(() => this.inBackground.delete(done));
  }

  /**
   * Executes a run in the background, from its last recorded step until it waits or is finished. Ignores runs that
   * are not running, belong to another process, or are executed here already.
   * @param known of the run that was just stored; without it, the run is read from the database
   */
  start(run: RunState, known?: JustStored): void {
    this.begin(run, known && { ...run, ...known });
  }

  /**
   * The same for the run of a job: resolves when it is over or stopped.
   * @param stop its reason is one of those in endings
   * @returns the run at its end, if this process knows it
   */
  async startAndWait(run: RunAtWork, stop: AbortSignal): Promise<RunState | undefined> {
    const begun = this.begin(run, run);
    if (!begun) return undefined;
    const passOn = () => begun.stop.abort(stop.reason);
    stop.addEventListener('abort', passOn);
    if (stop.aborted) passOn();
    const end = await begun.done;
    stop.removeEventListener('abort', passOn);
    // The lease is released, so that this does not count as a recovery.
    if (stop.reason === HANDED_OVER) await this.release([run.leaseToken!]);
    return end;
  }

  /** Stops a run that this process executes; the database says how it ends. */
  cancel(runId: string): void {
    this.work.stop(CANCELLED, (run) => run.runId === runId);
  }

  private begin(run: RunState, stored?: RunAtWork) {
    const { id, sessionId, userId, jobId, status, leaseOwner, leaseToken: token } = run;
    if (status !== 'running' || leaseOwner !== this.instance.value) return undefined;
    if (token === null || this.work.has(token)) return undefined;
    const stop = new AbortController();
    const about = { runId: id, ofJob: jobId !== null };
    if (this.stopping && !about.ofJob) {
      stop.abort(this.stopping);
      if (this.stopping === HANDED_OVER) this.handedOver.push(token);
    }
    const fields = { run_id: id, session_id: sessionId, user_id: userId, job_id: jobId ?? undefined };
    const done = this.work
      .run(token, about, stop, () =>
        withTrace(placeOf(run).context, fields, () =>
          this.orchestrate({ id, leaseToken: token }, token, stop.signal, stored),
        ),
      )
      .finally(() => this.metrics.active(this.work.size));
    this.metrics.active(this.work.size);
    return { stop, done };
  }

  private async orchestrate(
    run: LeasedRun,
    token: string,
    signal: AbortSignal,
    stored: RunAtWork | undefined,
  ): Promise<RunState | undefined> {
    try {
      // Messages that wait are accepted before a model is asked for one that was accepted just now.
      if (stored) await this.uow.takeTurn();
      return await this.orchestrator.run(run.id, token, signal, stored);
    } catch (error) {
      await this.failAfterError(run, signal, error);
      return undefined;
    }
  }

  private async failAfterError(run: LeasedRun, signal: AbortSignal, error: unknown): Promise<void> {
    try {
      if (isDetached(error, signal)) {
        this.logger.warn(
          { run_id: run.id, reason: (error as Error).message },
          'a run is left to another process',
        );
        return;
      }
      if (signal.aborted) await this.orchestrator.stop(run, signal.reason);
      else await this.orchestrator.fail(run, errorOf(error, this.logger, run.id));
    } catch (again) {
      // Its lease expires, and the next owner tries again.
      this.logger.error({ err: again, run_id: run.id }, 'the end of a run could not be stored');
      this.shutdown.markIncomplete();
    }
  }

  /** Waits for the runs within the drain timeout; then ends the rest, or hands them over. */
  private async drain(): Promise<void> {
    await this.work.settle(this.config.shutdownDrainTimeoutSeconds * 1000, this.shutdown.forced);
    const handsOver = this.config.shutdownPolicy === 'handover';
    this.stopping = handsOver ? HANDED_OVER : STOPPING;
    const stopped = this.work.stop(this.stopping, ({ ofJob }) => !ofJob);
    if (handsOver) this.handedOver.push(...stopped);
    await this.work.allDone();
    this.work.end();
    await this.releaseHandedOver();
  }

  private releaseHandedOver(): Promise<void> {
    return this.release(this.handedOver.splice(0));
  }

  private async release(tokens: readonly string[]): Promise<void> {
    if (tokens.length === 0) return;
    await this.uow.run('release_leases', (tx) => tx.get(RunRepository).release(tokens));
    this.logger.log({ runs: tokens.length }, 'runs are handed over');
  }
}
