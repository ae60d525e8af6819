import { Injectable } from '@nestjs/common';
import { InputInvalid } from '../../../../shared/domain/domain-error.js';
import { ImageAttachment } from '../../../../shared/domain/message-parts.js';
import { BlobMissing, BlobQueries } from '../../../blobs/index.js';

/** Of all images of one input together, in bytes: they are sent with every call of the model. */
const MAX_SIZE = 16 * 1024 * 1024;

/** Finds out what the images are that an input names. */
@Injectable()
export class FindImages {
  constructor(private readonly blobs: BlobQueries) {}

  /**
   * @param field of the input that names them
   * @throws BlobMissing with the ids under which the user has stored no image, InputInvalid
   */
  async find(
    userId: string,
    field: string,
    blobIds: readonly string[],
  ): Promise<(blobId: string) => ImageAttachment> {
    const stored = await this.blobs.images(userId, blobIds);
    const missing = [...new Set(blobIds)].filter((blobId) => !stored.has(blobId));
    if (missing.length > 0) throw new BlobMissing(missing);
    if (blobIds.reduce((sum, blobId) => sum + stored.get(blobId)!.size, 0) > MAX_SIZE) {
      throw new InputInvalid([{ field, message: 'must have at most 16 MB of images' }]);
    }
    return (blobId) => ({ type: 'image', blobId, ...stored.get(blobId)! });
  }
}
