import { crc32, deflateSync } from 'node:zlib';

/** Images as programs write them, and no larger than they need to be: their pixels are never decoded here. */

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** @param more chunks before the end */
export function png(width = 2, height = 2, more: Buffer[] = []): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0], 8); // 8 bits of grey
  const pixels = deflateSync(Buffer.alloc(Math.min(height, 2) * (Math.min(width, 2) + 1)));
  const parts = [chunk('IHDR', header), chunk('IDAT', pixels), ...more, chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
}

/** One of about this many bytes, whose content differs by its seed. */
export const pngOf = (bytes: number, seed = 0): Buffer =>
  png(2, 2, [chunk('teXt', Buffer.alloc(bytes, `${seed} `))]);

export function jpeg(width = 2, height = 2): Buffer {
  const frame = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  const scan = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xff, 0x00, 0xff, 0xd0, 0x34]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0]),
    frame,
    scan,
    Buffer.from([0xff, 0xd9]),
  ]);
}

export function gif(width = 2, height = 2): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0', 'latin1');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const image = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x4c, 1, 0]);
  image.writeUInt16LE(width, 5);
  image.writeUInt16LE(height, 7);
  return Buffer.concat([
    screen,
    Buffer.alloc(6),
    Buffer.from([0x21, 0xf9, 4, 0, 0, 0, 0, 0]),
    image,
    Buffer.from(';'),
  ]);
}

/** @param kind lossy, without loss, or with a header of its own */
export function webp(width = 2, height = 2, kind: 'VP8 ' | 'VP8L' | 'VP8X' = 'VP8 '): Buffer {
  const lossy = Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a, 0, 0, 0, 0]);
  lossy.writeUInt16LE(width & 0x3fff, 6);
  lossy.writeUInt16LE(height & 0x3fff, 8);
  const lossless = Buffer.from([0x2f, 0, 0, 0, 0]);
  lossless.writeUInt32LE((((width - 1) & 0x3fff) | (((height - 1) & 0x3fff) << 14)) >>> 0, 1);
  const extended = Buffer.alloc(10);
  extended.writeUIntLE(width - 1, 4, 3);
  extended.writeUIntLE(height - 1, 7, 3);
  const chunks = {
    'VP8 ': [riff('VP8 ', lossy)],
    VP8L: [riff('VP8L', lossless)],
    VP8X: [riff('VP8X', extended), riff('VP8 ', lossy)],
  }[kind];
  return riff('RIFF', Buffer.concat([Buffer.from('WEBP'), ...chunks]));
}

function riff(name: string, data: Buffer): Buffer {
  const frame = Buffer.from(`${name}\0\0\0\0`, 'latin1');
  frame.writeUInt32LE(data.length, 4);
  return Buffer.concat([frame, data, Buffer.alloc(data.length % 2)]);
}
