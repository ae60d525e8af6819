import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { SessionRepository } from '../../sessions/index.js';
import { ToolListRepository } from '../domain/tool-list.repository.js';

export interface WithdrawToolsCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly clientId: string;
}

/** Takes the tools of a client out of a session: its calls are answered as not available. */
@Injectable()
export class WithdrawTools {
  constructor(private readonly uow: UnitOfWork) {}

  /** Also where the client has none. @throws SessionNotFound */
  async execute({ userId, sessionId, clientId }: WithdrawToolsCommand): Promise<void> {
    await this.uow.run('withdraw_tools', async (tx) => {
      await tx.get(SessionRepository).get(sessionId, userId);
      tx.get(ToolListRepository).delete(sessionId, clientId);
    });
  }
}
