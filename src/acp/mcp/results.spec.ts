import type { CallToolResult } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { ContentAnswer } from '#client';
import { answerOf, shownOf } from './results.js';

type Content = CallToolResult['content'];

const text = (said: string) => ({ type: 'text' as const, text: said });
const image = (data = 'QUJD') => ({ type: 'image' as const, data, mimeType: 'image/png' });
const store = async (bytes: Uint8Array) => `blob of ${new TextDecoder().decode(bytes)}`;

it.each<[string, Content, string]>([
  ['texts', [text('one'), text('two')], 'one\ntwo'],
  ['nothing', [], ''],
  [
    'a resource',
    [{ type: 'resource', resource: { uri: 'file:///a.txt', text: 'inside' } }],
    'file:///a.txt:\ninside',
  ],
  [
    'a resource that is no text',
    [{ type: 'resource', resource: { uri: 'file:///a.bin', blob: 'AAAA' } }],
    '(file:///a.bin is no text)',
  ],
  [
    'a link',
    [{ type: 'resource_link', name: 'the page', uri: 'https://a.example/b' }],
    '[the page](https://a.example/b)',
  ],
  ['sound', [{ type: 'audio', data: 'AAAA', mimeType: 'audio/wav' }], '(audio, which cannot be passed on)'],
  [
    'too much',
    [text('x'.repeat(99_999)), text('y'.repeat(5))],
    `${'x'.repeat(99_999)}\n\n… (5 characters more)`,
  ],
])('%s: is told as text', async (_, content, answer) => {
  expect(await answerOf({ content }, store)).toBe(answer);
});

it('tells what has a structure only', async () => {
  expect(await answerOf({ content: [], structuredContent: { a: 1 } }, store)).toBe('{"a":1}');
});

it('tells texts and images in their order', async () => {
  const answer = await answerOf({ content: [text('a'), text('b'), image(), text('c')] }, store);
  expect(answer).toEqual(
    new ContentAnswer([text('a\nb'), { type: 'image', blob_id: 'blob of ABC' }, text('c')]),
  );
});

it('tells of images that the server does not take, and of those that are too many', async () => {
  const refused = await answerOf({ content: [image()] }, () => Promise.reject(new Error('413 too large')));
  expect(refused).toEqual(
    new ContentAnswer([text('(An image, which the server does not take: 413 too large)')]),
  );
  const many = (await answerOf(
    { content: Array.from({ length: 22 }, () => image()) },
    store,
  )) as ContentAnswer;
  expect(many.content.filter(({ type }) => type === 'image')).toHaveLength(20);
  expect(many.content.at(-1)).toMatchObject({ text: expect.stringContaining('too many') as string });
});

it('shows the beginning of a text, and images', () => {
  const [said, seen] = shownOf({ content: [image(), text('x'.repeat(5_000))] });
  expect(JSON.stringify(said)).toContain('1000 characters more');
  expect(seen).toEqual({ type: 'content', content: image() });
});
