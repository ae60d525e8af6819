import { z } from 'zod';
import { IMAGE_TYPES, StoredImage } from '../application/blob.queries.js';

/** The id of stored bytes: their SHA-256. */
export const BlobIdDto = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be the id of a blob: 64 of 0-9 and a-f')
  .describe('Of `POST /v1/blobs`');

/** What is told of an image, beside its id. */
export const IMAGE_FACTS = {
  media_type: z.enum(IMAGE_TYPES),
  width: z.int().describe('In pixels, as height'),
  height: z.int(),
  size: z.int().describe('In bytes'),
};

export const toImageView = ({ mediaType, width, height, size }: StoredImage) => ({
  media_type: mediaType,
  width,
  height,
  size,
});

export const BlobDto = z.object({ id: BlobIdDto, ...IMAGE_FACTS }).meta({
  id: 'Blob',
  description: 'An image that is stored',
  example: {
    id: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    media_type: 'image/png',
    width: 1280,
    height: 800,
    size: 48_213,
  },
});

/** The route of BlobsController that takes bytes, as a path may name it. */
export const storesBytes = (path: string): boolean => /^\/v1\/blobs\/?$/i.test(path);
