import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

/** Hashes of which the user has stored no bytes; whether another user has is not told. */
export class BlobMissing extends DomainError {
  readonly code = 'blob.missing';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(hashes: readonly string[]) {
    super('You have not stored the contents of some hashes; send the contents themselves');
    this.details = { hashes: [...hashes] };
  }
}

/** All that a user has stored is as large as it may be. */
export class BlobQuotaExceeded extends DomainError {
  readonly code = 'blob.quota_exceeded';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  /** @param limit in bytes */
  constructor(limit: number) {
    super(
      `You have stored ${limit} bytes, which is all that BLOB_QUOTA_PER_USER allows; delete sessions to make room`,
    );
    this.details = { limit: { name: 'BLOB_QUOTA_PER_USER', value: limit } };
  }
}

/** The user has stored nothing under this id; whether another user has is not told. */
export class BlobNotFound extends DomainError {
  readonly code = 'blob.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no blob ${id}`);
  }
}

export class NotAnImage extends DomainError {
  readonly code = 'blob.not_an_image';
  readonly kind = 'invalid';

  constructor() {
    super('The body is neither a PNG, JPEG, WebP nor GIF; its content decides, not its content type');
  }
}

/** It begins as an image, and goes on as something else. */
export class ImageMalformed extends DomainError {
  readonly code = 'blob.image_malformed';
  readonly kind = 'invalid';

  constructor(mediaType: string, fault: string) {
    super(`The body begins as ${mediaType}, but is none: ${fault}`);
  }
}

export class ImageTooLarge extends DomainError {
  readonly code = 'blob.image_too_large';
  readonly kind = 'invalid';

  constructor(width: number, height: number, side: number, area: number) {
    super(`The image has ${width} × ${height} pixels; each side may have ${side}, and both together ${area}`);
  }
}
