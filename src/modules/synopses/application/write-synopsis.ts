import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { JobRepository } from '../../jobs/index.js';
import { SessionRepository } from '../../sessions/index.js';
import { SynopsisContent } from '../domain/synopsis-content.js';
import { Coverage, Synopsis, SynopsisVersion } from '../domain/synopsis.js';
import { SynopsisVersionChanged } from '../domain/synopsis.errors.js';
import { SynopsisRepository } from '../domain/synopsis.repository.js';
import { SynopsisAttempt } from './synopsis-attempt.js';

/** Stores an agent's text as the live version. */
@Injectable()
export class WriteSynopsis {
  constructor(
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * @param basedOn the version that the text replaces; 0 = none
   * @returns undefined if another version is live by now
   * @throws LeaseLost, SessionNotFound
   */
  async execute(
    { job, signal }: SynopsisAttempt,
    given: { content: SynopsisContent; coverage: Coverage; basedOn: number },
  ): Promise<SynopsisVersion | undefined> {
    const id = this.ids.next();
    return this.patience.write('write_synopsis', signal, async (tx) => {
      await tx.get(JobRepository).getHeld(job.id, job.leaseToken!);
      await tx.get(SessionRepository).get(job.sessionId, job.userId);
      const synopses = tx.get(SynopsisRepository);
      const now = this.clock.now();
      const synopsis = (await synopses.find(job.sessionId)) ?? Synopsis.begin(job.sessionId, now);
      // The first try was committed, but its answer was lost.
      if (synopsis.live?.id === id) return synopsis.live;
      try {
        synopsis.generate({ ...given, id, jobId: job.id }, now);
      } catch (error) {
        if (error instanceof SynopsisVersionChanged) return undefined;
        throw error;
      }
      await synopses.save(synopsis);
      return synopsis.live!;
    });
  }
}
