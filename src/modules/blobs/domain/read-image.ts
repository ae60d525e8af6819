import { ImageMalformed, ImageTooLarge, NotAnImage } from './blob.errors.js';
import { Bytes, Malformed } from './image-bytes.js';
import { GIF_SIGNATURES, readGif } from './gif.js';
import { ImageFacts, Size } from './image.js';
import { JPEG_SIGNATURE, readJpeg } from './jpeg.js';
import { PNG_SIGNATURE, readPng } from './png.js';
import { WEBP_SIGNATURE, readWebp } from './webp.js';

/** Of each side. */
const MAX_PIXELS = 16_384;
/** Of both together: 256 MB where a client decodes them. */
const MAX_AREA = 64_000_000;

const LONGEST_SIGNATURE = 12;

type Reader = readonly [mediaType: ImageFacts['mediaType'], read: (bytes: Bytes) => Size];

/**
 * Finds out by their content what image some bytes are. Their whole structure is checked, so that they cannot be something
 * else as well; pixels are never decoded.
 * @throws NotAnImage, ImageMalformed, ImageTooLarge
 */
export function readImage(given: Uint8Array): ImageFacts {
  const reader = readerOf(String.fromCharCode(...given.subarray(0, LONGEST_SIGNATURE)));
  if (!reader) throw new NotAnImage();
  const [mediaType, read] = reader;
  const { width, height } = sizeOf(mediaType, () => read(new Bytes(given)));
  if (width === 0 || height === 0) throw new ImageMalformed(mediaType, 'it has no size');
  if (Math.max(width, height) > MAX_PIXELS || width * height > MAX_AREA) {
    throw new ImageTooLarge(width, height, MAX_PIXELS, MAX_AREA);
  }
  return { mediaType, width, height };
}

function readerOf(begin: string): Reader | undefined {
  if (begin.startsWith(PNG_SIGNATURE)) return ['image/png', readPng];
  if (begin.startsWith(JPEG_SIGNATURE)) return ['image/jpeg', readJpeg];
  if (WEBP_SIGNATURE.test(begin)) return ['image/webp', readWebp];
  return GIF_SIGNATURES.some((signature) => begin.startsWith(signature)) ? ['image/gif', readGif] : undefined;
}

function sizeOf(mediaType: string, read: () => Size): Size {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) throw new ImageMalformed(mediaType, error.message);
    throw error;
  }
}
