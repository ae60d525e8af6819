import { afterEach, expect, it, vi } from 'vitest';
import { boundedFetch } from './bounded-fetch.js';

const MB = 1 << 20;
const [JSON_TYPE, EVENTS] = ['application/json', 'text/event-stream; charset=utf-8'];

/** How much is read of an answer that comes in these chunks. */
async function read(type: string, chunks: readonly string[]): Promise<number> {
  const body = ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)));
  vi.stubGlobal('fetch', async () => new Response(body, { headers: { 'content-type': type } }));
  return (await (await boundedFetch('http://a.example')).arrayBuffer()).byteLength;
}
afterEach(() => vi.unstubAllGlobals());

const times = (count: number, ...chunks: string[]) => Array.from({ length: count }, () => chunks).flat();
const piece = 'x'.repeat(MB);

it.each<[string, string, string[]]>([
  ['a message of 10 MB', JSON_TYPE, times(10, piece)],
  ['many events', EVENTS, times(12, `${piece}\n\n`)],
  ['many events whose ends come in pieces', EVENTS, times(12, piece, '\r\n', '\r', '\n')],
])('%s: is read', async (_, type, chunks) => {
  expect(await read(type, chunks)).toBe(chunks.join('').length);
});

it.each<[string, string, string[]]>([
  ['a longer message', JSON_TYPE, times(11, piece)],
  ['a longer message with empty lines', JSON_TYPE, times(11, `${piece}\n\n`)],
  ['a longer event', EVENTS, times(11, `${piece}\n`)],
])('%s: fails', async (_, type, chunks) => {
  await expect(read(type, chunks)).rejects.toThrow('more than 10 MB');
});

it('an answer without a body stays as it is', async () => {
  const empty = new Response(null, { status: 204 });
  vi.stubGlobal('fetch', async () => empty);
  expect(await boundedFetch('http://a.example')).toBe(empty);
});
