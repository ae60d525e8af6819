import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { InputInvalid } from '../../../shared/domain/domain-error.js';
import { Ids } from '../../../shared/domain/ids.js';
import { isUserId } from '../../../shared/domain/user-id.js';
import { ApiKeyRepository } from '../domain/api-key.repository.js';
import { hashOf, hintOf, newSecret } from './api-key-secret.js';

@Injectable()
export class CreateApiKey {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * @returns the key's id, and its secret, which is not stored and cannot be shown again
   * @throws InputInvalid
   */
  async execute({ userId, name }: { userId: string; name: string }): Promise<{ id: string; secret: string }> {
    if (!isUserId(userId)) {
      throw new InputInvalid([
        { field: 'user', message: 'must be a name of one line, and neither runtime nor local' },
      ]);
    }
    const id = this.ids.next();
    const secret = newSecret();
    const key = { id, userId, name, hint: hintOf(secret), hash: hashOf(secret), createdAt: this.clock.now() };
    await this.uow.run('create_api_key', async (tx) => tx.get(ApiKeyRepository).add(key));
    return { id, secret };
  }
}
