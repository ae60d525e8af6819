import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { SessionBusy } from '../domain/session.errors.js';
import { SessionRepository } from '../domain/session.repository.js';
import { SessionQueries } from './session.queries.js';

@Injectable()
export class DeleteSession {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: SessionQueries,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws SessionNotFound
   * @throws SessionBusy while a run is active: what it is doing must end first
   */
  async execute(command: { userId: string; sessionId: string }): Promise<void> {
    const { activeRun } = await this.queries.view(command.sessionId, command.userId);
    if (activeRun) throw new SessionBusy(command.sessionId);
    await this.uow.run('delete_session', async (tx) => {
      const sessions = tx.get(SessionRepository);
      const session = await sessions.get(command.sessionId, command.userId);
      session.delete(this.clock.now());
      await sessions.save(session);
    });
  }
}
