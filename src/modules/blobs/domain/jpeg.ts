import { Bytes, Malformed } from './image-bytes.js';
import { Size } from './image.js';

export const JPEG_SIGNATURE = '\xff\xd8\xff';

const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;

/** Of a frame: C0 to CF, but for the tables and the reserved one among them. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Stands among the data of a scan: an escaped FF, or a restart. */
const isData = (marker: number): boolean => marker === 0 || (marker >= 0xd0 && marker <= 0xd7);

/**
 * Walks through all segments to the end of the file. Cameras put more images behind the first one, which may follow.
 * @throws Malformed
 */
export function readJpeg(bytes: Bytes): Size {
  const { size, end } = readFrom(bytes, 0);
  for (let at = end; at !== bytes.length;) at = readFrom(bytes, at).end;
  return size;
}

function readFrom(bytes: Bytes, begin: number): { size: Size; end: number } {
  if (bytes.uint16(begin) !== 0xffd8) throw new Malformed('it does not end where its content says');
  let size: Size | undefined;
  let hasPixels = false;
  for (let at = begin + 2; ;) {
    if (bytes.byte(at) !== 0xff) throw new Malformed('a part of it has no begin');
    while (bytes.byte(at + 1) === 0xff) at++;
    const marker = bytes.byte(at + 1);
    at += 2;
    if (marker === END) {
      if (!size || !hasPixels) throw new Malformed('it has no pixels');
      return { size, end: at };
    }
    if (marker === START || isData(marker)) throw new Malformed('a part of it stands in the wrong place');
    const length = bytes.uint16(at);
    if (length < 2) throw new Malformed('a part of it has no length');
    if (isFrame(marker)) size ??= { width: bytes.uint16(at + 5), height: bytes.uint16(at + 3) };
    at += length;
    if (marker !== SCAN) continue;
    hasPixels = true;
    at = endOfScan(bytes, at);
  }
}

function endOfScan(bytes: Bytes, from: number): number {
  for (let at = bytes.find(0xff, from); at >= 0; at = bytes.find(0xff, at + 1)) {
    const marker = bytes.byte(at + 1);
    if (!isData(marker) && marker !== 0xff) return at;
  }
  throw new Malformed('it ends too early');
}
