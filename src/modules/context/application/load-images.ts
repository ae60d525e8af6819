import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { imageBytesOf, imagesIn } from '../../../shared/domain/message-parts.js';
import { BlobQueries } from '../../blobs/index.js';
import { Message } from '../../conversations/index.js';
import { ModelCatalog, ModelImage } from '../../models/index.js';
import { MOST_IMAGE_BYTES } from '../domain/plan-compaction.js';
import { ImagesHold } from './images-in-hand.js';

/** The images of a message that a model is shown; none where it is told of them in words. */
export type ImagesOf = (message: Message) => readonly ModelImage[];

/** Reads the bytes of images for a request. */
@Injectable()
export class LoadImages {
  constructor(
    private readonly blobs: BlobQueries,
    private readonly models: ModelCatalog,
    private readonly patience: DatabasePatience,
  ) {}

  /** Whether the images of some messages are more than a request to a model may carry. */
  areTooMany(model: string, messages: readonly Message[]): boolean {
    return bytesOf(messages) > MOST_IMAGE_BYTES && this.models.mayReadImages(model);
  }

  /**
   * Those of the newest messages, as many as a request may carry, for a model that may read them.
   * @param hold takes their bytes: the request waits until there is room for them
   * @throws the signal's reason
   */
  async load(
    { sessionId, model }: { readonly sessionId: string; readonly model: string },
    messages: readonly Message[],
    hold: ImagesHold,
    signal: AbortSignal,
  ): Promise<ImagesOf> {
    const shown = this.models.mayReadImages(model) ? newest(messages) : [];
    const ids = shown.flatMap((message) => imagesIn(message).map(({ blobId }) => blobId));
    await hold.take(bytesOf(shown), signal);
    if (ids.length === 0) return () => [];
    const base64 = await this.patience.read('read_images', signal, () => this.blobs.readUsed(sessionId, ids));
    const areShown = new Set(shown);
    return (message) => {
      if (!areShown.has(message)) return [];
      const images = imagesIn(message).map(({ mediaType, blobId }) => {
        const found = base64.get(blobId);
        return found === undefined ? undefined : { url: `data:${mediaType};base64,${found}` };
      });
      return images.every((image) => image !== undefined) ? images : [];
    };
  }
}

const bytesOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, message) => sum + imageBytesOf(message), 0);

function newest(messages: readonly Message[]): readonly Message[] {
  const withImages = messages.filter((message) => imagesIn(message).length > 0);
  let room = MOST_IMAGE_BYTES;
  const begin = withImages.findLastIndex((message) => (room -= imageBytesOf(message)) < 0);
  return withImages.slice(begin + 1);
}
