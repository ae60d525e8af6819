import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { BlobRepository } from '../domain/blob.repository.js';
import { readImage } from '../domain/read-image.js';
import { StoredImage } from './blob.queries.js';

/** Stores an image, for a day until a session uses it. */
@Injectable()
export class StoreImage {
  constructor(private readonly uow: UnitOfWork) {}

  /**
   * The same image again is stored once.
   * @throws NotAnImage, ImageMalformed, ImageTooLarge, BlobQuotaExceeded
   */
  async execute(userId: string, bytes: Uint8Array): Promise<StoredImage & { readonly id: string }> {
    const image = readImage(bytes);
    const { value: id } = await this.uow.run('store_image', (tx) =>
      tx.get(BlobRepository).put(userId, bytes, image),
    );
    return { id, ...image, size: bytes.length };
  }
}
