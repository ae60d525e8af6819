import { DomainError } from '../../../shared/domain/domain-error.js';

export class ModelNotConfigured extends DomainError {
  readonly code = 'model.not_configured';
  readonly kind = 'not_found';

  constructor(modelId: string, known: readonly string[]) {
    super(`There is no model ${modelId}; there are ${known.join(', ')}`);
  }
}

export class ModelWithoutImages extends DomainError {
  readonly code = 'model.no_images';
  readonly kind = 'invalid';

  constructor(modelId: string) {
    super(`The model ${modelId} reads no images, as far as its \`modalities\` tell; choose another one`);
  }
}
