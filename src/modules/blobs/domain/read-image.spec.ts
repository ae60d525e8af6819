import { describe, expect, it } from 'vitest';
import { gif, jpeg, png, webp } from '../../../../test/support/images.js';
import { readImage } from './read-image.js';

const latin = (text: string) => Buffer.from(text, 'latin1');
const after = (image: Buffer, tail: Buffer | string) =>
  Buffer.concat([image, typeof tail === 'string' ? latin(tail) : tail]);
const changed = (image: Buffer, at: number, byte: number) => {
  const copy = Buffer.from(image);
  copy[at] = byte;
  return copy;
};
const without = (image: Buffer, bytes: number) => image.subarray(0, image.length - bytes);

const ZIP = 'PK\x03\x04';
const HTML = '<html><script>alert(1)</script></html>';
/** A GIF by its first bytes, and a script. */
const GIF_SCRIPT = latin('GIF89a=1;alert(1)//                         ');

const codeOf = (bytes: Buffer): string => {
  try {
    return JSON.stringify(readImage(bytes));
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('an image', () => {
  it.each([
    ['PNG', png(640, 480), 'image/png'],
    ['JPEG', jpeg(640, 480), 'image/jpeg'],
    ['GIF', gif(640, 480), 'image/gif'],
    ['lossy WebP', webp(640, 480), 'image/webp'],
    ['lossless WebP', webp(640, 480, 'VP8L'), 'image/webp'],
    ['extended WebP', webp(640, 480, 'VP8X'), 'image/webp'],
    [
      'JPEG with a second one behind it, as cameras write it',
      after(jpeg(640, 480), jpeg(64, 48)),
      'image/jpeg',
    ],
  ])('is known by its content: %s', (_, bytes, mediaType) => {
    expect(readImage(bytes)).toEqual({ mediaType, width: 640, height: 480 });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', latin('hello')],
    ['SVG', latin('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')],
    ['SVG after a byte order mark', latin('\xef\xbb\xbf<?xml version="1.0"?><svg/>')],
    ['HTML', latin(HTML)],
    ['PDF', latin('%PDF-1.7')],
    ['BMP', latin('BM\0\0\0\0')],
    ['AVIF', latin('\0\0\0 ftypavif')],
    ['a WAVE in the frame of a WebP', latin('RIFF\x04\0\0\0WAVE')],
    ['a PNG that begins later', after(latin(' '), png())],
  ])('is not %s', (_, bytes) => {
    expect(codeOf(bytes)).toBe('blob.not_an_image');
  });

  it.each([
    ...([png(), jpeg(), gif(), webp(), webp(2, 2, 'VP8L'), webp(2, 2, 'VP8X')] as const).flatMap(
      (image, index) => {
        const name = `${index + 1}: ${image.toString('latin1', 0, 4)}`;
        return [
          [`${name}, and a ZIP`, after(image, ZIP)],
          [`${name}, and a page`, after(image, HTML)],
          [`${name}, and one byte`, after(image, '\0')],
          [`${name}, without its end`, without(image, 1)],
          [`${name}, cut in its middle`, without(image, Math.floor(image.length / 2))],
          [`${name}, of which only the first bytes are there`, image.subarray(0, 13)],
        ] as [string, Buffer][];
      },
    ),
    ['a script in the form of a GIF', GIF_SCRIPT],
    ['a PNG without pixels', Buffer.concat([png().subarray(0, 33), png().subarray(-12)])],
    ['a PNG that does not begin with its size', Buffer.concat([png().subarray(0, 8), png().subarray(33)])],
    ['a PNG with a chunk of 4 GB', changed(png(), 33, 0xff)],
    ['a PNG of no width', png(0, 2)],
    ['a JPEG without pixels', Buffer.concat([jpeg().subarray(0, 21), latin('\xff\xd9')])],
    ['a JPEG of no height', jpeg(2, 0)],
    ['a JPEG with a part of no length', changed(jpeg(), 5, 1)],
    ['a GIF without an image', Buffer.concat([gif().subarray(0, 19), latin(';')])],
    ['a WebP that says to be longer', changed(webp(), 4, 0xff)],
    ['a WebP without a size', changed(webp(), 23, 0)],
    ['a WebP without pixels', changed(webp(2, 2, 'VP8X'), 32, 0x20)],
  ])('is refused where it is more or less than one: %s', (_, bytes) => {
    expect(codeOf(bytes)).toBe('blob.image_malformed');
  });

  it.each([
    ['of 60,000 × 60,000', png(60_000, 60_000)],
    ['of 65,535 × 1, as a JPEG', jpeg(65_535, 1)],
    ['of 2,000,000,000 × 1', png(2_000_000_000, 1)],
    ['whose frame is larger than its screen', changed(gif(), 33, 0xff)],
    ['of 16,384 × 16,384, as a WebP', webp(16_384, 16_384, 'VP8L')],
  ])('is refused where it is too large for those who show it: %s', (_, bytes) => {
    expect(codeOf(bytes)).toBe('blob.image_too_large');
  });

  it('may be long without being slow, or deep', () => {
    const many = Buffer.concat(Array.from({ length: 100_000 }, () => jpeg()));
    expect(readImage(many)).toMatchObject({ width: 2, height: 2 });
  });
});
