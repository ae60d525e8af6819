import { Bytes, Malformed } from './image-bytes.js';
import { Size } from './image.js';

export const GIF_SIGNATURES = ['GIF87a', 'GIF89a'];

const HEADER = 13;
const IMAGE = 0x2c;
const EXTENSION = 0x21;
const END = 0x3b;

/** Walks through all blocks to the trailer, which ends the file. The size is the largest of screen and frames. @throws Malformed */
export function readGif(bytes: Bytes): Size {
  let { width, height } = { width: bytes.uint16Low(6), height: bytes.uint16Low(8) };
  let hasPixels = false;
  for (let at = HEADER + tableSize(bytes.byte(10)); ;) {
    switch (bytes.byte(at)) {
      case IMAGE:
        width = Math.max(width, bytes.uint16Low(at + 5));
        height = Math.max(height, bytes.uint16Low(at + 7));
        hasPixels = true;
        at = endOfBlocks(bytes, at + 10 + tableSize(bytes.byte(at + 9)) + 1);
        break;
      case EXTENSION:
        at = endOfBlocks(bytes, at + 2);
        break;
      case END:
        if (at + 1 !== bytes.length) throw new Malformed('it does not end where its content says');
        if (!hasPixels) throw new Malformed('it has no pixels');
        return { width, height };
      default:
        throw new Malformed('a part of it is unknown');
    }
  }
}

/** Of a table of colours, in bytes. @param flags say whether there is one, and how many colours it has */
const tableSize = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));

function endOfBlocks(bytes: Bytes, from: number): number {
  let at = from;
  for (let length = bytes.byte(at); length !== 0; length = bytes.byte(at)) at += length + 1;
  return at + 1;
}
