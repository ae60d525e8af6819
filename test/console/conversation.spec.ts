import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { short } from '../../console/src/ui/numbers.ts';
import { eventually } from '../support/eventually.js';
import { finish, writes } from '../support/scenes.js';
import { isLeftOut } from './support/chromium.js';
import { ConsoleStage, say, shownTexts, storedTexts } from './support/console-stage.js';

/** Slow enough to be looked at while it is said: about two seconds. */
const SLOWLY = { chunk: 8, tokensPerSecond: 20 };
const LONG = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ');

describe.skipIf(isLeftOut)('a conversation in the console', () => {
  let stage: ConsoleStage;
  beforeAll(async () => {
    stage = await ConsoleStage.start();
  });
  afterAll(() => stage?.stop());
  beforeEach(() => stage.model.reset());
  afterEach(async () => {
    await stage.closePages();
    // No error, no violation of the Content-Security-Policy, no request to another host in any of these tests.
    expect(stage.faults.splice(0)).toEqual([]);
  });

  const newSession = async () => {
    const { id } = await stage.runtime.sessions.create({ title: 'A test' });
    return { id, page: await stage.open(`/sessions/${id}`) };
  };
  const decisionsOf = async (id: string) =>
    (await stage.runtime.sessions.approvals(id).all()).map(({ decision, remember }) => ({
      decision,
      remember,
    }));

  it('begins on the page that / leads to, streams, goes on after a reload in a word, and is what is stored', async () => {
    stage.model.script({ text: LONG, pace: { chunk: 8, tokensPerSecond: 8 } });
    const page = await stage.open('/../');
    expect(new URL(page.url()).pathname).toBe('/console/');
    await page.getByRole('button', { name: /Ask a question/ }).click();
    await page.getByText('word5 ').waitFor();
    expect(await page.getByRole('log').innerText()).not.toContain('word39');
    const id = /\/sessions\/([^/]+)/.exec(page.url())![1]!;
    await page.reload();
    await page.getByText('word5 ').waitFor();
    expect(await page.getByRole('log').innerText()).not.toContain('word39');
    await page.getByText('word39').waitFor();
    await stage.idle(id);
    expect(await shownTexts(page)).toEqual([LONG]);
    expect(await storedTexts(stage.runtime, id)).toEqual([LONG]);
  });

  it('takes a message behind the active run, or in its place', async () => {
    stage.model.script(
      { text: LONG, pace: SLOWLY },
      { text: 'the second' },
      { text: LONG, pace: SLOWLY },
      { text: 'the fourth' },
    );
    const { id, page } = await newSession();
    await say(page, 'First');
    await page.getByText('word5 ').waitFor();
    await page.getByLabel('While a run is active').selectOption('queue');
    await say(page, 'Second');
    await page.getByText('the second').waitFor();
    await stage.idle(id);
    await say(page, 'Third');
    await page.getByText('word5 ').nth(1).waitFor();
    await page.getByLabel('While a run is active').selectOption('interrupt');
    await say(page, 'Fourth');
    await page.getByText('the fourth').waitFor();
    await page.getByText('You stopped the answer here.').waitFor();
    const runs = await stage.runtime.sessions.runs(id).all();
    expect(runs.map(({ status }) => status)).toEqual(['completed', 'cancelled', 'completed', 'completed']);
  });

  it('tells an agent at work what is said, shows it until then, and takes it back', async () => {
    stage.model.script({ calls: [{ name: 'read_file', args: { path: 'a.txt' } }] }, finish('Looked at it.'));
    const { id, page } = await newSession();
    await say(page, 'Read a.txt');
    await page.getByText('waits for an IDE', { exact: true }).waitFor();
    await say(page, 'Mind the \u202etabs');
    await say(page, 'No, leave it');
    const waiting = page.locator('[data-steer]');
    await waiting.nth(1).waitFor();
    await page.reload();
    await waiting.filter({ hasText: 'leave it' }).getByRole('button', { name: 'Take it back' }).click();
    await waiting.nth(1).waitFor({ state: 'detached' });
    expect(await waiting.innerText()).toMatch(/^Mind the ⟨U\+202E⟩tabs\s+Told before the agent goes on/);
    await stage.answer(id, 'hello');
    await page.getByText('Looked at it.').waitFor();
    expect(await waiting.count()).toBe(0);
    expect(await page.getByRole('log').getByText('Mind the \u202etabs').count()).toBe(1);
    const told = JSON.stringify(stage.model.requests.at(-1)!.messages);
    expect(told).toContain('Mind the \u202etabs');
    expect(told).not.toContain('leave it');
  });

  it('tells what it has used, and has its context compacted as often as it is asked to', async () => {
    stage.model.always({ text: 'A lease ends by itself.' });
    stage.model.takeNotes({ text: '## Goal\nLeases', pace: { firstTokenMs: 500 } });
    const { id, page } = await newSession();
    const button = page.getByRole('button', { name: 'Compact now' });
    for (const jobs of [1, 2]) {
      await say(page, 'What is a lease?');
      await page
        .getByText('A lease ends by itself.')
        .nth(jobs - 1)
        .waitFor();
      await stage.idle(id);
      const { usage } = await stage.runtime.sessions.get(id);
      await page.locator('aside p', { hasText: `Used${short(usage.total_tokens)} tokens` }).waitFor();
      await button.click();
      await page.getByText('Compacting in the background…').waitFor();
      await button.waitFor();
      expect(await stage.runtime.jobs.list({ session_id: id, status: 'done' }).all()).toHaveLength(jobs);
    }
    await page.getByText('Checkpoint', { exact: true }).waitFor();
  });

  it('asks: an answer refuses, edits, allows once or for good, also after a reload and a fault', async () => {
    stage.model.script(...['a.js', 'b.js', 'c.js', 'd.js'].map((path) => writes(path)), finish('Enough.'));
    const { id, page } = await newSession();
    const answered = () => stage.answer(id, 'written');
    const card = (path: string) => page.getByRole('group', { name: `write_file ${path}` });
    await say(page, 'Write them');

    await card('a.js').getByRole('button', { name: 'Reject' }).click();
    await card('a.js')
      .getByLabel(/Why not/)
      .fill('not now');
    await card('a.js').getByRole('button', { name: 'Reject' }).click();

    await card('b.js').getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('path', { exact: true }).fill('../../etc/passwd');
    await page.getByRole('button', { name: 'Save and approve' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('path', { exact: true }).fill('hello.js');
    await page.getByRole('button', { name: 'Save and approve' }).click();
    await page.locator('summary', { hasText: 'hello.js' }).waitFor();
    await answered();

    await card('c.js').waitFor();
    await page.reload();
    await card('c.js').getByRole('button', { name: 'Approve' }).click();
    await page.getByText('waits for an IDE', { exact: true }).waitFor();
    await answered();

    await card('d.js').getByRole('button', { name: 'Always in this session' }).click();
    await answered();
    await page.getByText('Enough.').waitFor();
    const [newest, ...others] = await stage.runtime.sessions.approvals(id).all();
    expect(newest).toMatchObject({ decision: 'approve', remember: true });
    expect(others).toMatchObject([
      { decision: 'approve', remember: false },
      { decision: 'edit', modified_arguments: { path: 'hello.js', content: 'hello' } },
      { decision: 'reject', feedback: 'not now' },
    ]);
  });

  it('is decided on in the inbox by keys alone', async () => {
    stage.model.script(writes('first.js'), writes('second.js'), { text: 'Left alone.' });
    const begin = async (title: string) => {
      const { id } = await stage.runtime.sessions.create({ title });
      await stage.runtime.sessions.send(id, { type: 'user_message', content: 'Write it' });
      return id;
    };
    const first = await begin('First');
    const page = await stage.open('/');
    await page.getByText('write_file first.js').waitFor();
    const second = await begin('Second');
    await page.getByText('write_file second.js').waitFor();
    await eventually(async () => expect(await page.title()).toBe('(2) agent-runtime'));
    // The newest is at the top.
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await page.getByText('write_file first.js').waitFor({ state: 'detached' });
    await page.keyboard.press('r');
    await page.keyboard.type('no');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('write_file second.js').waitFor({ state: 'detached' });
    expect(await decisionsOf(first)).toEqual([{ decision: 'approve', remember: false }]);
    expect(await decisionsOf(second)).toEqual([{ decision: 'reject', remember: false }]);
    await stage.cancel(first);
    await stage.idle(second);
  });

  it('is asked for its synopsis once, by any number of clicks in any number of tabs', async () => {
    stage.model.script({ text: 'A lease ends by itself.' });
    const { id, page } = await newSession();
    await say(page, 'What is a lease?');
    await page.getByText('A lease ends by itself.').waitFor();
    await stage.idle(id);
    stage.model.always({
      text: JSON.stringify({ title: 'About leases', items: [{ kind: 'text', text: 'A lease ends.' }] }),
      pace: { firstTokenMs: 1_000 },
    });
    const context = page.context();
    const pages = [page, await context.newPage()];
    await Promise.all(pages.map((each) => each.goto(`${stage.url}/console/sessions/${id}/synopsis`)));
    const posts: string[] = [];
    context.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
    const button = (each: Page) => each.getByRole('button', { name: 'Write a synopsis' });
    await Promise.all(pages.map((each) => button(each).waitFor()));
    await Promise.all(
      pages.map((each) =>
        button(each).evaluate((found: { click(): void }) => {
          for (let click = 0; click < 10; click++) found.click();
        }),
      ),
    );
    await pages[0]!.getByText(/Is being written|Waits for its turn/).waitFor();
    expect(await button(pages[0]!).count()).toBe(0);
    await Promise.all(pages.map((each) => each.getByText('A lease ends.').waitFor()));
    expect(posts.length).toBeLessThanOrEqual(2);
    const jobs = await stage.runtime.jobs.list({ session_id: id }).all();
    expect(jobs.filter(({ agent }) => agent === 'synopsis_manager')).toHaveLength(1);
  });

  it('lists what is done in the background, by type and session, and says when it is tried again', async () => {
    stage.model.script({ status: 429, retryAfter: 90 }, { text: 'It ends by itself.' });
    const [one, other] = await Promise.all(
      ['The first', 'The second'].map((title) => stage.runtime.sessions.create({ title })),
    );
    const request = async (session_id: string) =>
      (await stage.runtime.jobs.request({ id: 'ask', version: 'latest' }, { session_id, query: 'What?' }))
        .job_id;
    const isAt = (id: string, status: string, attempt: number) =>
      eventually(async () => expect(await stage.runtime.jobs.get(id)).toMatchObject({ status, attempt }));
    await isAt(await request(one!.id), 'queued', 2);
    await isAt(await request(other!.id), 'done', 1);
    const page = await stage.open('/jobs');
    const row = (title: string) => page.locator('main li', { hasText: title });
    await row('The second').getByText('done').waitFor();
    await row('The first')
      .getByText(/It is tried again in \d+ (s|min)/)
      .waitFor();
    await page.getByRole('combobox', { name: 'Session' }).selectOption({ label: 'The first' });
    await row('The second').waitFor({ state: 'detached' });
    expect(await row('The first').count()).toBe(1);
    await page.getByRole('combobox', { name: 'Type' }).selectOption('compaction');
    await page.getByText('No such job').waitFor();
  });
});
