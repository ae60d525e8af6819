import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { SessionRepository } from '../../sessions/index.js';
import { SynopsisContent } from '../domain/synopsis-content.js';
import { Synopsis } from '../domain/synopsis.js';
import { SynopsisRepository } from '../domain/synopsis.repository.js';

export interface EditSynopsisCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly content: SynopsisContent;
  /** The version that the user edited, 0 = none; unset = the current one. */
  readonly basedOn: number | undefined;
}

/** Stores a user's text as the current version. */
@Injectable()
export class EditSynopsis {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** @throws SessionNotFound, SessionArchived, SynopsisVersionChanged */
  async execute({ userId, sessionId, content, basedOn }: EditSynopsisCommand): Promise<void> {
    await this.uow.run('edit_synopsis', async (tx) => {
      const session = await tx.get(SessionRepository).get(sessionId, userId);
      session.requireOpen();
      const synopses = tx.get(SynopsisRepository);
      const now = this.clock.now();
      const synopsis = (await synopses.find(sessionId)) ?? Synopsis.begin(sessionId, now);
      synopsis.edit({ id: this.ids.next(), content, author: userId, basedOn }, now);
      await synopses.save(synopsis);
    });
  }
}
