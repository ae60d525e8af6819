import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { SessionBusy } from '../domain/session.errors.js';
import { BlobRepository } from '../../blobs/index.js';
import { PassingContents } from '../domain/passing-contents.js';
import { SessionRepository } from '../domain/session.repository.js';
import { UnfinishedRuns } from '../domain/unfinished-runs.js';

@Injectable()
export class DeleteSession {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws SessionNotFound
   * @throws SessionBusy while a run is active
   */
  async execute(command: { userId: string; sessionId: string }): Promise<void> {
    await this.uow.run('delete_session', async (tx) => {
      const sessions = tx.get(SessionRepository);
      const session = await sessions.get(command.sessionId, command.userId);
      if (await tx.get(UnfinishedRuns).existIn(session.id)) throw new SessionBusy(session.id);
      session.delete(this.clock.now());
      await sessions.save(session);
      await tx.get(PassingContents).expire(session.id);
      await tx.get(BlobRepository).forget(command.userId, session.id);
    });
  }
}
