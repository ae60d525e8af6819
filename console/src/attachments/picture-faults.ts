import { Problem } from '@agent-runtime/client';
import { wordsOf } from '../app/queries.ts';

/** What the server stores, and models read. */
export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];
const MOST_BYTES = 8 * 1024 * 1024;
const TOO_LARGE = 'It is larger than 8 MB.';
const NO_PICTURE = 'It is no PNG, JPEG, WebP or GIF.';

/** Why a file cannot be sent as a picture, as far as that can be seen without its content. */
export function faultOfPicture({ type, size }: Pick<File, 'type' | 'size'>): string | undefined {
  if (!PICTURE_TYPES.includes(type)) return NO_PICTURE;
  return size > MOST_BYTES ? TOO_LARGE : undefined;
}

const WORDS: Readonly<Record<string, string>> = {
  'blob.not_an_image': NO_PICTURE,
  'blob.image_malformed': 'It is damaged, or something follows the picture in the file.',
  'blob.image_too_large': 'It has too many pixels: 16,384 on a side and 64 million in all are the most.',
  'blob.quota_exceeded': 'You have stored as much as you may. Deleted sessions make room.',
  'request.too_large': TOO_LARGE,
};

/** Why a picture could not be stored. */
export const faultOfUpload = (error: unknown): string =>
  (error instanceof Problem && WORDS[error.code]) || wordsOf(error);
