import { DomainError } from '../../../shared/domain/domain-error.js';

export class ApiKeyNotFound extends DomainError {
  readonly code = 'api_key.not_found';
  readonly kind = 'not_found';

  constructor(keyId: string) {
    super(`There is no key ${keyId} that is not revoked`);
  }
}
