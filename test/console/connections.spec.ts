import type { Page, Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { isLeftOut } from './support/chromium.js';
import { ConsoleStage, shownTexts, storedTexts } from './support/console-stage.js';

const LONG = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');
/** About three seconds. */
const SLOWLY = { chunk: 8, tokensPerSecond: 18 };

describe.skipIf(isLeftOut)('the console and its connections', () => {
  let stage: ConsoleStage;
  beforeAll(async () => {
    stage = await ConsoleStage.start({ SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '0', SHUTDOWN_POLICY: 'handover' });
  });
  afterAll(() => stage?.stop());
  beforeEach(() => stage.model.reset());
  afterEach(async () => {
    await stage.closePages();
    expect(stage.faults.splice(0)).toEqual([]);
  });

  const talking = async (base = stage.url) => {
    const { id } = await stage.runtime.sessions.create({ title: 'A test' });
    const page = await (await stage.context()).newPage();
    await page.goto(`${base}/console/sessions/${id}`);
    await page.getByText('live', { exact: true }).waitFor();
    await stage.runtime.sessions.send(id, { type: 'user_message', content: 'Say something long' });
    await page.getByText('word5 ').waitFor();
    return { id, page };
  };
  const expectStored = async (page: Page, id: string) => {
    await eventually(
      async () => expect((await stage.runtime.sessions.get(id)).active_run).toBeNull(),
      20_000,
    );
    await eventually(async () =>
      expect(await shownTexts(page)).toEqual(await storedTexts(stage.runtime, id)),
    );
  };

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'shows after a %s of the server what is stored, and says meanwhile that it reconnects',
    async (signal) => {
      stage.model.always({ text: LONG, pace: SLOWLY });
      const { id, page } = await talking();
      const restarted = stage.restart(signal);
      await page.getByText('reconnecting', { exact: true }).waitFor();
      expect(await page.getByRole('log').innerText()).toContain('word5 ');
      await restarted;
      await page.getByText('live', { exact: true }).waitFor({ timeout: 20_000 });
      await page.getByText('word59').waitFor({ timeout: 20_000 });
      await expectStored(page, id);
    },
    60_000,
  );

  it('finds out that nothing comes any more through a connection that stays open', async () => {
    stage.model.always({ text: LONG, pace: SLOWLY });
    const proxy = new FlakyProxy(new URL(stage.url));
    const url = (await proxy.open()).replace(/\/$/, '');
    try {
      const { id } = await stage.runtime.sessions.create({ title: 'A test' });
      const page = await (await stage.context()).newPage();
      await page.clock.install();
      await page.goto(`${url}/console/sessions/${id}`);
      await page.getByText('live', { exact: true }).waitFor();
      proxy.fallSilent();
      await stage.runtime.sessions.send(id, { type: 'user_message', content: 'Say something long' });
      await eventually(async () => expect(await storedTexts(stage.runtime, id)).toHaveLength(1));
      // Nothing has come; the watch on silence needs 45 seconds of the page.
      expect(await shownTexts(page)).toEqual([]);
      proxy.speakAgain();
      await page.clock.fastForward(46_000);
      // So does each pause before another try.
      await eventually(async () => {
        await page.clock.fastForward(5_000);
        expect(await shownTexts(page)).toEqual([LONG]);
      }, 20_000);
      await expectStored(page, id);
    } finally {
      await stage.closePages();
      await proxy.close();
    }
  });

  it('has one stream for all tabs of a session and one of hints, whichever tab is closed', async () => {
    stage.model.always({ text: LONG, pace: SLOWLY });
    const { id } = await stage.runtime.sessions.create({ title: 'A test' });
    const context = await stage.context();
    const streams: string[] = [];
    context.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (/\/(events|activity)$/.test(pathname)) streams.push(pathname);
    });
    const openTab = async () => {
      const page = await context.newPage();
      await page.goto(`${stage.url}/console/sessions/${id}`);
      await page.getByText('live', { exact: true }).waitFor();
      return page;
    };
    const tabs = [await openTab()];
    tabs.push(...(await Promise.all(Array.from({ length: 7 }, openTab))));
    expect(streams.toSorted()).toEqual(['/v1/activity', `/v1/sessions/${id}/events`]);
    await stage.runtime.sessions.send(id, { type: 'user_message', content: 'Say something long' });
    await Promise.all(tabs.map((page) => page.getByText('word5 ').waitFor()));
    // The first one leads; another takes over in the middle of the answer.
    await tabs.shift()!.close();
    await Promise.all(tabs.map((page) => page.getByText('word59').waitFor()));
    await Promise.all(tabs.map((page) => expectStored(page, id)));
    expect(streams).toHaveLength(4);
  }, 60_000);

  it('lets go in a tab that is hidden for half a minute, and catches up when it is shown', async () => {
    stage.model.always({ text: LONG });
    const { id } = await stage.runtime.sessions.create({ title: 'A test' });
    const context = await stage.context();
    const open = new Set<Request>();
    context.on('request', (request) => {
      if (/\/(events|activity)$/.test(request.url())) open.add(request);
    });
    context.on('requestfailed', (request) => open.delete(request));
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(`${stage.url}/console/sessions/${id}`);
    await page.getByText('live', { exact: true }).waitFor();
    await eventually(() => expect(open.size).toBe(2));
    const turn = (state: 'hidden' | 'visible') =>
      page.evaluate(`
        Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));`);

    await turn('hidden');
    await page.clock.fastForward(20_000);
    expect(open.size).toBe(2);
    await page.clock.fastForward(10_000);
    await eventually(() => expect(open.size).toBe(0));
    await stage.runtime.sessions.send(id, { type: 'user_message', content: 'Say something long' });
    await stage.idle(id);
    expect(await shownTexts(page)).toEqual([]);
    await turn('visible');
    await page.getByText('word59').waitFor();
    await expectStored(page, id);
  });

  it('shows the end of 2,000 messages at once, and takes keys while an answer streams', async () => {
    // Two thousand messages are more than the model takes: notes stand for the old ones.
    stage.model.takeNotes({ text: '## Goal\nA long conversation' });
    const long = await history(stage, 2_000);
    const short = await history(stage, 20);
    const measured = [];
    for (const id of [short, long]) {
      stage.model.always({ text: LONG, pace: SLOWLY });
      const page = await (await stage.context()).newPage();
      const from = performance.now();
      await page.goto(`${stage.url}/console/sessions/${id}`);
      await page
        .getByText(`message ${id === short ? 19 : 1999}`)
        .first()
        .waitFor();
      const shownMs = performance.now() - from;
      await stage.runtime.sessions.send(id, { type: 'user_message', content: 'Say something long' });
      await page.getByText('word5 ').waitFor({ timeout: 20_000 });
      const field = page.getByLabel('Message', { exact: true });
      await field.focus();
      const typedMs = await page.evaluate(TYPED);
      measured.push({ shownMs, typedMs });
      await page.context().close();
    }
    const [few, many] = measured as [Measured, Measured];
    console.log(`20 messages: ${JSON.stringify(few)}, 2,000: ${JSON.stringify(many)}`);
    expect(many.shownMs).toBeLessThan(Math.max(1_000, 3 * few.shownMs));
    expect(many.typedMs).toBeLessThan(Math.max(50, 3 * few.typedMs));
  }, 60_000);
});

interface Measured {
  shownMs: number;
  typedMs: number;
}

/** In the page: the median time from a change of the field that has the focus to the next frame. */
const TYPED = `(async () => {
  const field = document.activeElement;
  const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set;
  const times = [];
  for (let key = 0; key < 20; key++) {
    const from = performance.now();
    set.call(field, field.value + 'x');
    field.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - from);
  }
  return times.sort((a, b) => a - b)[10];
})()`;

const RICH = 'message #\n\n- **one**\n- `two`';

/** A session with this number of messages, put into the tables past the server. */
async function history({ runtime, database }: ConsoleStage, count: number): Promise<string> {
  const { id } = await runtime.sessions.create({ title: `${count} messages` });
  await database.rows(
    `insert into messages (id, session_id, position, role, agent, content, created_at)
     select gen_random_uuid(), $1, n, case n % 2 when 1 then 'user' else 'assistant' end, 'ask',
            replace($3, '#', n::text), now()
       from generate_series(1, $2::int) as n`,
    [id, count, RICH],
  );
  await database.rows('update sessions set message_count = $2 where id = $1', [id, count]);
  return id;
}
