import * as fc from 'fast-check';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { type Frame, FrameParser } from '../src/frames.ts';

/** Of a stream of the server, of a proxy with other ideas, and of what the standard allows beside. */
const STREAM = [
  '\uFEFF: open\nid: 0\nretry: 1000\n\n',
  'id: 1\nevent: message.delta\ndata: {"text":"Zürich, ольха, 楓 🌳"}\n\n',
  ': heartbeat\n\n',
  'id: 2\r\nevent: run.waiting\r\ndata: {\r\ndata: "for": []\r\ndata:}\r\n\r\n',
  'id: 3\revent: run.resumed\rdata: {"by":"x"}\r\r',
  'data\n\nid\ndata:  two spaces\n\n',
  'id: with\0nul\nretry: soon\nunknown: field\ndata: x:y\n\n',
  'id: 4\nevent: a\nevent: b\ndata: 1\n\n\n\n',
  'id: 5\ndata: cut off',
].join('');

const bytes = new TextEncoder().encode(STREAM);

const decoded = (pieces: readonly Uint8Array[]): string[] => {
  const decoder = new TextDecoder();
  return pieces.map((piece) => decoder.decode(piece, { stream: true }));
};

/** As the library that servers of this project and its tests read streams with has it. */
function oracle(pieces: readonly Uint8Array[]): unknown[] {
  const frames: unknown[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => frames.push({ id, event, data }),
    onRetry: (retry) => frames.push({ retry }),
  });
  for (const text of decoded(pieces)) parser.feed(text);
  return frames;
}

function parsed(pieces: readonly Uint8Array[]): Frame[] {
  const parser = new FrameParser();
  return decoded(pieces).flatMap((text) => parser.push(text));
}

/** The oracle tells of the time to wait apart, and of no frame that has an id alone. */
const asOracle = (frames: readonly Frame[]): unknown[] =>
  frames.flatMap(({ id, event, data, retry }) => [
    ...(retry === undefined ? [] : [{ retry }]),
    ...(data === undefined ? [] : [{ id, event, data }]),
  ]);

const cutAt = (positions: readonly number[]): Uint8Array[] => {
  const all = [0, ...positions.toSorted((a, b) => a - b), bytes.length];
  return all.slice(1).map((end, index) => bytes.subarray(all[index], end));
};

describe('the parser of event streams', () => {
  const whole = oracle([bytes]);

  it('finds in the stream what eventsource-parser finds', () => {
    expect(whole.length).toBeGreaterThan(6);
    expect(asOracle(parsed([bytes]))).toEqual(whole);
  });

  it('finds the same wherever the stream is cut in two', () => {
    for (let at = 0; at <= bytes.length; at++) {
      expect(asOracle(parsed(cutAt([at]))), `cut at byte ${at}`).toEqual(whole);
    }
  });

  it('finds the same in single bytes, and in pieces of any size', () => {
    expect(asOracle(parsed(cutAt([...bytes.keys()])))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (positions) => {
        expect(asOracle(parsed(cutAt(positions)))).toEqual(whole);
      }),
    );
  });

  it('finds in any text what eventsource-parser finds', () => {
    const line = fc.oneof(
      fc.constantFrom('', 'data', 'data:', 'data: ', 'id: 7', 'id:', 'event: a', ':', ': note', 'x: y'),
      fc.string().map((text) => `data: ${text}`),
    );
    const end = fc.constantFrom('\n', '\r\n', '\r');
    const stream = fc.array(fc.tuple(line, end)).map((lines) => lines.flat().join(''));
    fc.assert(
      fc.property(stream, (text) => {
        const given = [new TextEncoder().encode(text)];
        expect(asOracle(parsed(given))).toEqual(oracle(given));
      }),
    );
  });

  it('tells of a frame with an id alone: a stream in which nothing happened is resumed by it', () => {
    expect(parsed([bytes])[0]).toEqual({ id: '0', retry: 1000 });
  });
});
