import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Markdown } from './markdown.tsx';

const htmlOf = (text: string) => renderToStaticMarkup(createElement(Markdown, { text }));
const ALLOWED = new Set([
  ...['div', 'p', 'h2', 'h3', 'h4', 'ul', 'ol', 'li', 'blockquote', 'hr', 'br', 'pre', 'code', 'input'],
  ...['strong', 'em', 'del', 'a', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
]);

describe('Markdown', () => {
  it.each([
    '<img src=x onerror="hurt()"><script>hurt()</script>',
    'words <b onclick=hurt()>in</b> a line',
    '[a](javascript:hurt()) [b]( JaVaScRiPt:hurt() ) [c](data:text/html,<script>hurt()</script>)',
    '[d](vbscript:hurt()) <javascript:hurt()> [e][f]\n\n[f]: javascript:hurt()',
    '![x](http://example.org/x.png "title")',
    '&#x3c;script&#x3e;hurt()&#x3c;/script&#x3e;',
    '| <b> | `<i>` |\n|-|-|\n| <u> | <style>*{}</style> |',
    '```html" onload="hurt()\n<script>hurt()</script>\n```',
    '<!-- hidden --> <a href="javascript:hurt()">x</a>',
    '- [x] <iframe src=//example.org>',
  ])('makes no element of %j but its own', (text) => {
    const html = htmlOf(text);
    for (const [, name, rest] of html.matchAll(/<([a-z0-9]+)([^>]*)>/gi)) {
      expect(ALLOWED).toContain(name!.toLowerCase());
      expect(rest).not.toMatch(/\son\w+=|\ssrc=|\sstyle=/i);
      expect(/href="([^"]*)"/.exec(rest!)?.[1] ?? '#').toMatch(/^(https?:|mailto:|#)/);
    }
  });

  it('shows headings, lists, tables, code and links', () => {
    const text = '# One\n\n- *a*\n- [b](https://example.org)\n\n|x|\n|-|\n|1|\n\n```js\nlet a;\n```';
    const html = htmlOf(text);
    for (const part of ['<h2>One</h2>', '<em>a</em>', '<td>1</td>', 'let a;']) expect(html).toContain(part);
    expect(html).toContain('<a href="https://example.org" target="_blank" rel="noreferrer">b</a>');
  });

  it.each([
    ['## One\n\n#### Two\n\n# Three', ['h2', 'h3', 'h2']],
    ['## One\n\n## Two\n\n### Three\n\n## Four', ['h2', 'h2', 'h3', 'h2']],
    ['# 1\n\n## 2\n\n### 3\n\n#### 4', ['h2', 'h3', 'h4', 'h4']],
    ['> # Quoted\n\n- # Listed', []],
  ])('leaves out no level of heading in %j', (text, levels) => {
    expect(Array.from(htmlOf(text).matchAll(/<(h\d)/g), ([, level]) => level)).toEqual(levels);
  });

  it('takes a text that is deep, long or without a blank', () => {
    for (const text of ['> '.repeat(300), '# '.repeat(5_000), 'x'.repeat(100_000), '`'.repeat(5_000)]) {
      expect(htmlOf(text).length).toBeGreaterThan(10);
    }
  });
});
