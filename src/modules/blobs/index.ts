export { BlobIdDto, IMAGE_FACTS, storesBytes, toImageView } from './api/blobs.dto.js';
export { BlobQueries, type StoredImage } from './application/blob.queries.js';
export { BlobsModule } from './blobs.module.js';
export { BlobMissing, BlobQuotaExceeded } from './domain/blob.errors.js';
export { BlobRepository } from './domain/blob.repository.js';
