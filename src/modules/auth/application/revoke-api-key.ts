import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { isId } from '../../../shared/domain/ids.js';
import { ApiKeyNotFound } from '../domain/api-key.errors.js';
import { ApiKeyRepository } from '../domain/api-key.repository.js';

@Injectable()
export class RevokeApiKey {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** From now on every instance refuses the secret. @throws ApiKeyNotFound */
  async execute(keyId: string): Promise<void> {
    if (!isId(keyId)) throw new ApiKeyNotFound(keyId);
    await this.uow.run('revoke_api_key', async (tx) =>
      tx.get(ApiKeyRepository).revoke(keyId, this.clock.now()),
    );
  }
}
