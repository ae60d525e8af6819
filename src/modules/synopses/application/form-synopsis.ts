import { Injectable } from '@nestjs/common';
import { BehaviorSubject, concatMap, filter, firstValueFrom, merge, of } from 'rxjs';
import { ServerDraining } from '../../../shared/application/errors.js';
import { EventStream, StreamItem, isReset } from '../../../shared/application/event-stream.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { Clock } from '../../../shared/domain/clock.js';
import { ErrorKind } from '../../../shared/domain/domain-error.js';
import { EnqueueJob, EnqueuedJob, JobQueries, JobState, JobSupervisor } from '../../jobs/index.js';
import { SynopsisNotFormed } from '../domain/synopsis.errors.js';
import { SYNOPSIS_AGENT } from './synopsis-job.js';

export interface FormSynopsisCommand {
  readonly userId: string;
  readonly sessionId: string;
}

/** Failures that are due to the session's state, so that a later request would fail too. All others may pass. */
const CONFLICTS: ReadonlySet<string> = new Set(['synopsis.nothing_to_cover', 'job.cancelled']);

/** Updates the synopsis of a session by a job, in the background or while the client waits. */
@Injectable()
export class FormSynopsis {
  /** True once the jobs of this process have ended or gone back into the queue. */
  private readonly ended$ = new BehaviorSubject(false);

  constructor(
    private readonly enqueueJob: EnqueueJob,
    private readonly jobs: JobQueries,
    private readonly supervisor: JobSupervisor,
    private readonly events: EventStream,
    shutdown: Shutdown,
    private readonly clock: Clock,
  ) {
    shutdown.register('end_streams', () => this.ended$.next(true));
  }

  /** @throws SessionNotFound, JobQuotaExceeded, ServerDraining */
  inBackground(command: FormSynopsisCommand): Promise<EnqueuedJob> {
    return this.enqueueJob.execute({
      ...command,
      agent: SYNOPSIS_AGENT,
      query: undefined,
      memory: undefined,
    });
  }

  /**
   * Resolves when the synopsis is stored. This process executes the job, unless another one has it already. The job goes
   * on when the client disconnects.
   * @throws the same, and SynopsisNotFormed
   */
  async now(command: FormSynopsisCommand): Promise<void> {
    const after = await this.events.lastSeq(command.sessionId);
    const { job } = await this.inBackground(command);
    await this.formed(command, job.id, after);
  }

  private async formed(
    { sessionId, userId }: FormSynopsisCommand,
    jobId: string,
    after: number,
  ): Promise<void> {
    const told$ = this.events.watch(sessionId, after).pipe(filter((item) => isAbout(item, jobId)));
    const look$ = merge(of(true), told$, this.ended$.pipe(filter((ended) => ended))).pipe(
      concatMap(() => this.look(jobId, userId)),
    );
    await firstValueFrom(look$.pipe(filter((isDone) => isDone)));
  }

  /** @returns whether the job is done */
  private async look(jobId: string, userId: string): Promise<boolean> {
    const isDue = ({ status, availableAt }: JobState) =>
      status === 'queued' && availableAt.getTime() <= this.clock.now().getTime();
    let job = await this.jobs.view(jobId, userId);
    if (isDue(job)) {
      await this.supervisor.execute({ jobId, version: job.version });
      job = await this.jobs.view(jobId, userId);
    }
    if (job.status === 'done') return true;
    if (job.status === 'failed' || job.status === 'cancelled') throw notFormed(job);
    if (this.ended$.value) throw new ServerDraining();
    // Its last attempt failed, and the next one is due later.
    if (job.status === 'queued' && job.error && !isDue(job)) {
      throw notFormed(job, (job.availableAt.getTime() - this.clock.now().getTime()) / 1000);
    }
    return false;
  }
}

const isAbout = (item: StreamItem, jobId: string): boolean =>
  !isReset(item) && item.type === 'job.status_changed' && item.data.job_id === jobId;

function notFormed({ id, status, error }: JobState, retryInSeconds?: number): SynopsisNotFormed {
  const { code, message } = error ?? { code: 'job.cancelled', message: 'The job was cancelled' };
  const kind: ErrorKind = CONFLICTS.has(code) ? 'conflict' : 'unavailable';
  const details = { job: { id, status } };
  return new SynopsisNotFormed(code, message, kind, details, retryInSeconds && Math.ceil(retryInSeconds));
}
