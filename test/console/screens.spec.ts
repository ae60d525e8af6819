import { gzipSync } from 'node:zlib';
import { readFileSync, readdirSync } from 'node:fs';
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { OTHER_NAME, isLeftOut } from './support/chromium.js';
import { ConsoleStage } from './support/console-stage.js';
import { type Words, tell } from './support/story.js';

const HOSTILE = '<img src=x onerror="window.hurt=1">';
const HIDDEN = '\u202egpj.exe\u2066 \u200b\u0007';

/** What texts of models, users, tools and clients may hold. */
const NASTY: Words = {
  name: `${HOSTILE} ${'y'.repeat(20)}`,
  line: `${HOSTILE}<script>window.hurt=1</script> ${HIDDEN} ${'z'.repeat(300)}`,
  text: [
    HOSTILE,
    '[click](javascript:window.hurt=1) ![x](http://example.org/x.png)',
    HIDDEN,
    '{{7*7}} ${7*7}',
    '# '.repeat(500),
    '`'.repeat(3_000),
    '|a|b|\n|-|-|\n|<b>|c|',
    'x'.repeat(100_000),
  ].join('\n\n'),
  path: `src/${HOSTILE}/${'w'.repeat(200)}.js`,
  agent: 'nasty',
};

const PLAIN: Words = {
  name: 'A greeting tool',
  line: 'Print a greeting in the language of the user',
  text: '## What is there\n\n- `greet.js` with **one** greeting\n- a [test](https://example.org)\n\n```js\nlet a = 1;\n```',
  path: 'src/greet.js',
  agent: 'greeter',
};

/** All rules for a wide and a narrow page; then the colours of what a narrow one leaves out. */
const LOOKS = [
  { colorScheme: 'light', width: 1280, options: {} },
  { colorScheme: 'dark', width: 390, options: {} },
  { colorScheme: 'dark', width: 1280, options: { runOnly: ['color-contrast'] } },
] as const;

describe.skipIf(isLeftOut)('the screens of the console', () => {
  let stage: ConsoleStage;
  beforeAll(async () => {
    // A model’s name is a text from outside, too.
    stage = await ConsoleStage.start({ AGENTS_DEFAULT_MODEL: HOSTILE });
  });
  afterAll(() => stage?.stop());
  afterEach(async () => {
    await stage.closePages();
    expect(stage.faults.splice(0)).toEqual([]);
  });

  const show = async (page: Page, path: string) => {
    await page.goto(`${stage.url}/console${path}`);
    await eventually(async () => {
      expect(await page.getByRole('main').count()).toBe(1);
      expect(await page.getByText(/^(Loading|Asking|Adding).*…$/).count()).toBe(0);
    });
    await page.locator('main details').evaluateAll((all) => {
      for (const details of all) details.setAttribute('open', '');
    });
  };

  it('have no fault that axe knows, in light and dark, wide and narrow', async () => {
    const paths = await tell(stage, PLAIN);
    const context = await stage.context({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    const faults: string[] = [];
    for (const [name, path] of Object.entries(paths)) {
      await show(page, path);
      await page.evaluate(axe.source);
      for (const { colorScheme, width, options } of LOOKS) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 844 });
        const { violations } = await page.evaluate<AxeResults>(
          `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...options })})`,
        );
        for (const { id, nodes } of violations)
          faults.push(`${name} ${colorScheme} ${width}: ${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
        faults.push(...(await tooWide(page, `${name} ${width}`)));
      }
    }
    expect(faults).toEqual([]);
  }, 60_000);

  it('carry out nothing of the texts of models, users, tools and clients, and stay within the window', async () => {
    const paths = await tell(stage, NASTY);
    const page = await (await stage.context({ viewport: { width: 390, height: 844 } })).newPage();
    const main = page.getByRole('main');
    const faults: string[] = [];
    for (const [name, path] of Object.entries(paths)) {
      await show(page, path);
      expect(await page.evaluate('window.hurt')).toBeUndefined();
      expect(await page.locator('main img, main script, main style').count()).toBe(0);
      expect(await page.locator('main a[href^="javascript:"]').count()).toBe(0);
      faults.push(...(await tooWide(page, name)));
      if (SHOWS_IT.has(name)) await main.getByText(HOSTILE).filter({ visible: true }).first().waitFor();
    }
    expect(faults).toEqual([]);
    // What is to be allowed shows what cannot be seen.
    await show(page, paths['session']!);
    await page
      .getByRole('heading', { name: /⟨U\+202E⟩gpj\.exe/ })
      .first()
      .waitFor();
    await page.getByText('⟨U+202E⟩').first().waitFor();
  }, 60_000);

  it('answer to no other name and no page of another origin', async () => {
    const context = await stage.browser.newContext();
    try {
      const page = await context.newPage();
      const { port } = new URL(stage.url);
      await page.goto(`http://${OTHER_NAME}:${port}/console/`);
      await page.getByRole('heading', { name: 'Another address, please' }).waitFor();
      const own = page.getByRole('link', { name: `http://127.0.0.1:${port}/console/` });
      // From here on the page is one of another origin, on the same server’s address.
      const sent = `fetch('${stage.url}/v1/sessions', { method: 'POST', mode: 'MODE', body: '{}' })
        .then(({ status }) => status, ({ message }) => message)`;
      expect(await page.evaluate(sent.replace('MODE', 'cors'))).toBe('Failed to fetch');
      const before = (await stage.runtime.sessions.list().all()).length;
      await page.evaluate(sent.replace('MODE', 'no-cors'));
      expect(await stage.runtime.sessions.list().all()).toHaveLength(before);
      await own.click();
      await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    } finally {
      await context.close();
    }
  });

  it('may show pictures from their own memory, which no other page of the server may', async () => {
    const policyOf = async (path: string) =>
      (await fetch(stage.url + path)).headers.get('content-security-policy')!.split(';');
    for (const path of ['/console/', '/console/sessions/1', '/console/icon.svg']) {
      const policy = await policyOf(path);
      expect(policy).toEqual(expect.arrayContaining(["img-src 'self' blob:", "script-src 'self'"]));
    }
    expect((await policyOf('/docs')).join()).not.toContain('blob:');
  });

  it('load at most 150 kB of script at first, and no chunk over 60 kB later', () => {
    const folder = 'console/dist/assets';
    const sizes = new Map(
      readdirSync(folder)
        .filter((name) => name.endsWith('.js'))
        .map((name) => [name, gzipSync(readFileSync(`${folder}/${name}`), { level: 9 }).length]),
    );
    const page = readFileSync('console/dist/index.html', 'utf8');
    const first = [...page.matchAll(/assets\/([\w-]+\.js)/g)].map(([, name]) => name!);
    const sum = first.reduce((total, name) => total + sizes.get(name)!, 0);
    expect(first.length).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(150_000);
    for (const name of first) sizes.delete(name);
    expect([...sizes].filter(([, size]) => size > 60_000)).toEqual([]);
    // Nothing inline: the Content-Security-Policy allows files alone.
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style| on\w+=/);
  });
});

/** Those whose texts are from outside. */
const SHOWS_IT = new Set(['inbox', 'session', 'plan', 'synopsis', 'usage', 'agents']);

async function tooWide(page: Page, name: string): Promise<string[]> {
  const pixels = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  return pixels > 0 ? [`${name}: ${pixels} pixels too wide`] : [];
}
