import { Bytes, Malformed } from './image-bytes.js';
import { Size } from './image.js';

export const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';

/** Length, type and checksum. */
const FRAME = 12;

/** Walks through all chunks: the first is IHDR, one is IDAT, and IEND ends the file. @throws Malformed */
export function readPng(bytes: Bytes): Size {
  const begin = PNG_SIGNATURE.length;
  if (bytes.text(begin + 4, 4) !== 'IHDR') throw new Malformed('it does not begin with its size');
  const size = { width: bytes.uint32(begin + 8), height: bytes.uint32(begin + 12) };
  let hasPixels = false;
  for (let at = begin; ;) {
    const length = bytes.uint32(at);
    const type = bytes.text(at + 4, 4);
    at += FRAME + length;
    hasPixels ||= type === 'IDAT';
    if (type !== 'IEND') continue;
    if (at !== bytes.length) throw new Malformed('it does not end where its content says');
    if (!hasPixels) throw new Malformed('it has no pixels');
    return size;
  }
}
