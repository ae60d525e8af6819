import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { SessionRepository } from '../../sessions/index.js';
import { PermissionNotFound } from '../domain/approval.errors.js';
import { ApprovalRepository } from '../domain/approval.repository.js';

export interface TakeBackPermissionsCommand {
  readonly userId: string;
  readonly sessionId: string;
  /** Unset = all of the session. */
  readonly permissionId?: string;
}

/** Takes back what the user has allowed for the rest of a session: the next such call is asked again. */
@Injectable()
export class TakeBackPermissions {
  constructor(private readonly uow: UnitOfWork) {}

  /** @throws SessionNotFound, PermissionNotFound also where it was taken back before */
  async execute({ userId, sessionId, permissionId }: TakeBackPermissionsCommand): Promise<void> {
    await this.uow.run('take_back_permissions', async (tx) => {
      await tx.get(SessionRepository).peek(sessionId, userId);
      const taken = await tx.get(ApprovalRepository).forget(sessionId, permissionId);
      if (taken.length > 0) {
        const data = { permission_ids: taken };
        tx.record({ type: 'permissions.withdrawn', sessionId, runId: null, data });
      } else if (permissionId !== undefined) throw new PermissionNotFound(permissionId);
    });
  }
}
