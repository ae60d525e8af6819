import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { timer } from 'rxjs';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { forEachItem, sweep } from '../../../shared/application/sweep.js';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { BlobRepository } from '../../blobs/index.js';
import { PassingContents } from '../domain/passing-contents.js';

/** While processes of the release before are at work, they still delete sessions. */
const INTERVAL_MS = 3_600_000;
const BATCH = 500;

/** Found by what they have left: the number of sessions that still have any of it counts, and not that of all sessions. */
const NEXT = `
  update sessions s set workspace_name = null, workspace_digest = null, git = null
   where s.deleted_at is not null and s.id in (
     select d.id from (select session_id from workspaces union select session_id from blob_uses) as u
       join sessions d on d.id = u.session_id and d.deleted_at is not null limit ${BATCH}
   )
  returning s.id, s.user_id as "userId"`;

/** Deletes what the release before leaves of the sessions that it deletes, since it does not know of it. */
@Injectable()
export class DeletionSweeper implements OnApplicationBootstrap {
  private readonly logger = new Logger(DeletionSweeper.name);

  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    const ticks$ = timer(0, INTERVAL_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'deletions could not be finished', () => this.finish());
  }

  /** Finishes a batch of deletions. */
  async finish(): Promise<void> {
    const left = await this.database.query<{ id: string; userId: string }>(NEXT);
    await forEachItem(left, this.logger, 'a deletion could not be finished', ({ id, userId }) =>
      this.uow.run('finish_deletion', async (tx) => {
        await tx.get(PassingContents).expire(id);
        await tx.get(BlobRepository).forget(userId, id);
      }),
    );
  }
}
