import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { SessionRepository } from '../domain/session.repository.js';
import { SessionQueries, SessionView } from './session.queries.js';

export interface ChangeSessionCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly title: string | undefined;
  readonly archived: boolean | undefined;
}

@Injectable()
export class ChangeSession {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: SessionQueries,
    private readonly clock: Clock,
  ) {}

  /** @throws SessionNotFound */
  async execute(command: ChangeSessionCommand): Promise<SessionView> {
    await this.uow.run('change_session', async (tx) => {
      const sessions = tx.get(SessionRepository);
      const session = await sessions.get(command.sessionId, command.userId);
      const now = this.clock.now();
      if (command.title !== undefined) session.rename(command.title, now);
      if (command.archived === true) session.archive(now);
      if (command.archived === false) session.unarchive(now);
      await sessions.save(session);
    });
    return this.queries.view(command.sessionId, command.userId);
  }
}
