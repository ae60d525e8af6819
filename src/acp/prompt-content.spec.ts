import type { ContentBlock } from '@agentclientprotocol/sdk';
import { describe, expect, it } from 'vitest';
import { Roots } from '../ide/roots.js';
import { placeOf, promptOf } from './prompt-content.js';

const text = (of: string): ContentBlock => ({ type: 'text', text: of });
const link = (uri: string): ContentBlock => ({ type: 'resource_link', name: 'a file', uri });
const file = (of: string, uri = 'file:///elsewhere/a.ts'): ContentBlock => ({
  type: 'resource',
  resource: { uri, text: of },
});

const WORK = new Roots([{ name: 'work', path: '/work', real: '/work' }]);

/** Of `a` and a line end. */
const HASH = '87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7';

describe('a prompt', () => {
  it.each<[string, ContentBlock[], string]>([
    ['of text', [text('Do '), text('it')], 'Do it'],
    [
      'with a link',
      [text('See '), link('file:///work/src/a.ts#L3:5'), text('.')],
      'See [a file](src/a.ts#L3:5).',
    ],
    [
      'with a file',
      [text('See'), file('one\n'), text('Now')],
      'See\n\nfile:///elsewhere/a.ts:\n```\none\n```\n\nNow',
    ],
    ['with a file that has code', [file('```js\n```')], 'file:///elsewhere/a.ts:\n````\n```js\n```\n````'],
    [
      'with 100,000 characters',
      [file('y'.repeat(100_000))],
      `file:///elsewhere/a.ts:\n\`\`\`\n${'y'.repeat(100_000)}\n\`\`\``,
    ],
    [
      'with 100,001 characters',
      [file('y'.repeat(100_001))],
      '[file:///elsewhere/a.ts](file:///elsewhere/a.ts) is too long to be shown here: read it, in parts if need be',
    ],
    ['with NUL and half a pair', [text('a\0b\uD800')], 'a\uFFFDb\uFFFD'],
    [
      'with what is no text',
      [{ type: 'resource', resource: { uri: 'file:///work/a.png', blob: 'AA==' } }],
      'a.png is no text; it cannot be shown to you',
    ],
    ['with an image', [{ type: 'image', data: 'AA==', mimeType: 'image/png' }], '(An image is attached.)'],
  ])('%s', async (_, blocks, content) => {
    expect(await promptOf(blocks, WORK)).toMatchObject({ content, files: [] });
  });

  it.each<[string, string, string, object]>([
    ['whole, with its hash', '', 'a\n', { content: 'a\n', hash: HASH }],
    ['with its lines', '#L3:5', 'a', { content: 'a', start_line: 3, end_line: 5 }],
    ['with one line', '#L3', 'a', { content: 'a', start_line: 3, end_line: 3 }],
    ['with lines that are none', '#L5-L3', 'a', { content: 'a' }],
    ['with NUL', '#L1', 'a\0', { content: 'a\uFFFD', start_line: 1, end_line: 1 }],
    ['by its path alone beyond 100,000 characters', '', 'y'.repeat(100_001), {}],
  ])('has a file of the workspace attached %s', async (_, lines, content, attached) => {
    const prompt = [text('See '), file(content, `file:///work/src/a.ts${lines}`), text('.')];
    const path = `src/a.ts${lines}`;
    expect(await promptOf(prompt, WORK)).toMatchObject({
      content: `See [${path}](${path}).`,
      files: [{ type: 'file', path: 'src/a.ts', ...attached }],
    });
    expect(await promptOf(prompt, WORK, true)).toMatchObject({ files: [] });
  });

  it('has files of all folders attached by the paths of tools', async () => {
    const lib = { name: 'lib', path: '/opt/lib', real: '/data/lib' };
    const roots = new Roots([WORK.all[0], lib]);
    const uris = [
      'file:///work/a.ts',
      'file:///opt/lib/b.ts',
      'file:///data/lib/c.ts',
      'file:///opt/lib-2/d.ts',
    ];
    const { files, content } = await promptOf(
      uris.map((uri) => file('x', uri)),
      roots,
    );
    expect(files.map((each) => 'path' in each && each.path)).toEqual(['work/a.ts', 'lib/b.ts', 'lib/c.ts']);
    expect(content).toContain('file:///opt/lib-2/d.ts:\n```\nx');
  });

  it('has at most twenty attachments', async () => {
    const image: ContentBlock = { type: 'image', data: 'AA==', mimeType: 'image/png' };
    const prompt = [image, ...Array.from({ length: 25 }, () => file('x', 'file:///work/a.ts'))];
    const { content, files } = await promptOf(prompt, WORK);
    expect(files).toHaveLength(19);
    expect(content.split('```\nx\n```')).toHaveLength(7);
  });

  it('has room for five long files', async () => {
    const { content } = await promptOf(
      Array.from({ length: 6 }, () => file('y'.repeat(100_000))),
      WORK,
    );
    expect(content.length).toBeLessThan(510_000);
    expect(content).toContain('too long to be shown');
  });
});

it.each([
  ['file:///work/a%20b.ts', 'a b.ts'],
  ['file:///work', 'file:///work'],
  ['file:///workshop/a.ts', 'file:///workshop/a.ts'],
  ['file:///work/../etc/passwd', 'file:///work/../etc/passwd'],
  ['file://host/work/a.ts', 'file://host/work/a.ts'],
  ['https://example.org/a', 'https://example.org/a'],
  ['no address', 'no address'],
])('%s is shown as %s', (uri, place) => {
  expect(placeOf(uri, WORK)).toBe(place);
});
