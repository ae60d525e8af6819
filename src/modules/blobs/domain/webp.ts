import { Bytes, Malformed } from './image-bytes.js';
import { Size } from './image.js';

export const WEBP_SIGNATURE = /^RIFF[\s\S]{4}WEBP$/;

/** Name and length. */
const FRAME = 8;
const FIRST = 12;

/** Walks through all chunks to the end of the file. The first has the size, and one has pixels. @throws Malformed */
export function readWebp(bytes: Bytes): Size {
  if (bytes.uint32Low(4) + FRAME !== bytes.length)
    throw new Malformed('it does not end where its content says');
  const size = sizeIn(bytes);
  let hasPixels = false;
  let at = FIRST;
  while (at < bytes.length) {
    hasPixels ||= ['VP8 ', 'VP8L', 'ANMF'].includes(bytes.text(at, 4));
    const length = bytes.uint32Low(at + 4);
    at += FRAME + length + (length % 2);
  }
  if (at !== bytes.length) throw new Malformed('it ends too early');
  if (!hasPixels) throw new Malformed('it has no pixels');
  return size;
}

function sizeIn(bytes: Bytes): Size {
  const at = FIRST + FRAME;
  switch (bytes.text(FIRST, 4)) {
    case 'VP8X':
      return { width: bytes.uint24Low(at + 4) + 1, height: bytes.uint24Low(at + 7) + 1 };
    case 'VP8L': {
      if (bytes.byte(at) !== 0x2f) throw new Malformed('its size is missing');
      const bits = bytes.uint32Low(at + 1);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ':
      if (bytes.uint24Low(at + 3) !== 0x2a019d) throw new Malformed('its size is missing');
      return { width: bytes.uint16Low(at + 6) & 0x3fff, height: bytes.uint16Low(at + 8) & 0x3fff };
    default:
      throw new Malformed('it does not begin with its size');
  }
}
