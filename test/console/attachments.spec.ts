import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRuntime } from '../../packages/client/src/index.ts';
import { eventually } from '../support/eventually.js';
import { png, pngOf } from '../support/images.js';
import { TestModels } from '../support/models-file.js';
import { finish, reads } from '../support/scenes.js';
import { isLeftOut } from './support/chromium.js';
import { ConsoleStage } from './support/console-stage.js';
import { SECRET, tokenOf } from './support/token.js';

const MB = 1024 * 1024;
const PICTURE = png();
const SHOWN = `data:image/png;base64,${PICTURE.toString('base64')}`;
const HOSTILE = '<img src=x onerror=hurt=1>.md';

describe.skipIf(isLeftOut)('what goes with a message in the console', () => {
  let models: TestModels;
  let stage: ConsoleStage;
  beforeAll(async () => {
    models = await TestModels.start();
    const [large, small, other] = models.content.models;
    const modalities = { input: ['text', 'image'], output: ['text'] };
    await models.write({ models: [{ ...large, modalities }, small, other] });
    stage = await ConsoleStage.start({ AUTH_MODE: 'jwt', JWT_SECRET: SECRET, ...models.env });
  }, 60_000);
  afterAll(async () => {
    await stage?.stop();
    await models?.stop();
  });
  beforeEach(() => models.reset());
  afterEach(async () => {
    await stage.closePages();
    expect(stage.faults.splice(0)).toEqual([]);
  });

  const runtimeOf = (user: string) => new AgentRuntime({ url: stage.url, token: tokenOf(user, 600) });
  const told = () => JSON.stringify(models.one.requests.at(-1)!.messages);
  /** A session of a user, as the page shows it. */
  const begin = async (user: string) => {
    const runtime = runtimeOf(user);
    const { id } = await runtime.sessions.create({ title: 'Attachments', agent: 'coder' });
    const localStorage = [{ name: 'agent-runtime.key', value: tokenOf(user, 600) }];
    const context = await stage.context({
      storageState: { cookies: [], origins: [{ origin: stage.url, localStorage }] },
    });
    await context.addInitScript('window.showDirectoryPicker = () => navigator.storage.getDirectory()');
    const page = await context.newPage();
    await page.goto(`${stage.url}/console/sessions/${id}`);
    await page.getByText('live', { exact: true }).waitFor();
    return { id, page, runtime };
  };
  const drafts = (page: Page, state: string) => page.locator(`[data-draft=${state}]`);
  const field = (page: Page) => page.getByLabel('Message', { exact: true });
  const say = async (page: Page, words: string) => {
    await field(page).fill(words);
    await field(page).press('Enter');
  };
  const give = (page: Page, name: string, mimeType: string, buffer: Buffer) =>
    page.getByLabel('Pictures', { exact: true }).setInputFiles([{ name, mimeType, buffer }]);

  it('is a picture that is pasted: the model sees it, and the page after a reload, until it is deleted', async () => {
    models.one.script(finish('Two grey pixels.'));
    const { id, page, runtime } = await begin('ada');
    await field(page).focus();
    await page.evaluate(transfer('paste', 'document.activeElement'));
    await drafts(page, 'ready').waitFor();
    await page.reload();
    await drafts(page, 'ready').locator('img').waitFor();
    await say(page, 'What is this?');
    await page.getByText('Two grey pixels.').waitFor();
    expect(told()).toContain(SHOWN);
    expect(await drafts(page, 'ready').count()).toBe(0);
    await page.reload();
    const image = page.getByRole('log').locator('img');
    await image.waitFor();
    expect(await image.getAttribute('src')).toMatch(/^blob:/);
    expect(await image.evaluate((shown: { naturalWidth: number }) => shown.naturalWidth)).toBe(2);
    await page.getByRole('button', { name: 'show it in full' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    const [message] = await runtime.sessions.messages(id).all();
    const [sent] = message!.attachments!;
    if (sent?.type !== 'image') throw new Error('no image was sent');
    await stage.database.rows('delete from blob_uses where hash = $1', [sent.blob_id]);
    await stage.database.rows('delete from blobs where hash = $1', [sent.blob_id]);
    await page.reload();
    await page.getByText('Picture: not stored any more').waitFor();
  });

  it('is refused in words where it is no picture, too large, or not for this model, and nothing typed is lost', async () => {
    models.one.script(reads(), finish('Seen.'), finish('Seen, too.'));
    const { id, page, runtime } = await begin('ada');
    await page.evaluate(transfer('drop', "document.querySelector('[role=log]')", 'text/plain'));
    await page.getByText('pasted.png: It is no PNG, JPEG, WebP or GIF.').waitFor();
    await give(page, 'large.png', 'image/png', pngOf(8 * MB));
    await page.getByText('large.png: It is larger than 8 MB.').waitFor();
    await give(page, HOSTILE, 'image/png', Buffer.concat([PICTURE, Buffer.from('PK\x03\x04')]));
    await drafts(page, 'fault').getByText('It is damaged').waitFor();
    await field(page).fill('Look');
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: `Remove ${HOSTILE}` }).click();

    await page.getByLabel('Model').selectOption('small');
    await page.evaluate(transfer('drop', "document.querySelector('[role=log]')"));
    await drafts(page, 'ready').waitFor();
    await page.getByText('small reads no pictures').waitFor();
    await field(page).press('Enter');
    await page.getByRole('alert').getByText('small reads no images').waitFor();
    expect(await field(page).inputValue()).toBe('Look');
    await drafts(page, 'ready').waitFor();
    await page.getByLabel('Model').selectOption('large');
    await page.getByText('small reads no pictures').waitFor({ state: 'detached' });
    await field(page).press('Enter');
    await page.getByText('waits for an IDE', { exact: true }).waitFor();

    // An agent at work is told words alone.
    const when = page.getByLabel('While a run is active');
    expect(await when.inputValue()).toBe('steer');
    await page.evaluate(transfer('drop', "document.querySelector('[role=log]')"));
    await drafts(page, 'ready').waitFor();
    expect(await when.inputValue()).toBe('queue');
    await page.getByText('An agent at work is told words only').waitFor();
    await say(page, 'And this');
    await drafts(page, 'ready').waitFor({ state: 'detached' });
    const [call] = await runtime.toolCalls.list(id).all();
    await runtime.sessions.send(id, { type: 'tool_result', call_id: call!.call_id, result: 'hello' });
    await page.getByText('Seen, too.').waitFor();
    expect(told().split(SHOWN)).toHaveLength(3);
  });

  it('of another user is not shown, and not sent', async () => {
    const { id: foreign } = await runtimeOf('ada').blobs.store(PICTURE);
    const draft = [{ key: '1', name: 'hers.png', kind: 'image', blobId: foreign }];
    const { id, page, runtime } = await begin('bob');
    const kept = JSON.stringify([`agent-runtime.attachments.${id}`, JSON.stringify(draft)]);
    await page.evaluate(`sessionStorage.setItem(...${kept})`);
    await page.reload();
    await drafts(page, 'ready').waitFor();
    await say(page, 'What is hers?');
    await drafts(page, 'fault').getByText('It is not stored any more').waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(await field(page).inputValue()).toBe('What is hers?');
    expect(await runtime.sessions.messages(id).all()).toEqual([]);
  });

  it('is a file of the folder that is lent, whose AGENTS.md agents are told', async () => {
    models.one.script(
      {
        calls: [
          {
            name: 'edit_file',
            args: { path: 'src/greet.js', edits: [{ old_text: 'hello', new_text: 'hi' }] },
          },
        ],
      },
      finish('Changed.'),
      finish('Seen.'),
    );
    const { id, page, runtime } = await begin('ada');
    await page.evaluate(filled({ [HOSTILE]: 'x', 'long.md': 'x'.repeat(20_001), 'src/greet.js': 'hello\n' }));
    await page.evaluate(filled({ 'AGENTS.md': 'Indent with tabs.', 'src/CLAUDE.md': 'No semicolons.' }));
    await page.getByRole('button', { name: 'Lend a folder' }).click();
    await page.getByRole('complementary', { name: 'About' }).getByText('src/CLAUDE.md').waitFor();

    await field(page).pressSequentially('Change @greet');
    await page.getByRole('option', { name: 'src/greet.js' }).waitFor();
    await page.keyboard.press('Enter');
    await drafts(page, 'ready').getByText('src/greet.js').waitFor();
    expect(await field(page).inputValue()).toBe('Change @src/greet.js ');
    await page.getByLabel('Permissions').selectOption({ label: 'Edits without asking' });
    await field(page).press('Enter');
    await page.getByText('Changed.').waitFor();
    expect(told()).toContain('Indent with tabs.');
    expect(told()).toContain('File src/greet.js:\\n```\\nhello');
    // What was shown counts as read: the edit was expected to find it.
    const [message] = await runtime.sessions.messages(id).all();
    expect(message).toMatchObject({
      content: 'Change @src/greet.js ',
      attachments: [{ path: 'src/greet.js', content: 'hello\n', hash: expect.any(String) as string }],
    });

    await page.reload();
    const line = page.locator('[data-call]', { hasText: 'Edit' });
    await line.click();
    const diff = page.getByRole('group', { name: 'What has changed in src/greet.js' });
    expect((await diff.innerText()).replaceAll(/\s+/g, ' ')).toBe('1 - hello 1 + hi');
    await page.getByRole('log').locator('summary', { hasText: 'src/greet.js' }).first().waitFor();

    await page.getByRole('button', { name: 'Lend a folder' }).click();
    await page.getByRole('button', { name: 'Attach a file of the folder' }).click();
    await page.keyboard.type('long');
    await page.getByRole('option', { name: 'long.md' }).waitFor();
    await page.keyboard.press('Enter');
    await drafts(page, 'ready').getByText('it is too long to be sent').waitFor();
    await page.getByRole('button', { name: 'Attach a file of the folder' }).click();
    await page.getByRole('option', { name: HOSTILE }).waitFor();
    await page.evaluate(axe.source);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      const { violations } = await page.evaluate<AxeResults>('axe.run(document)');
      expect(violations.map(({ id: rule, nodes }) => [rule, nodes.map(({ html }) => html)])).toEqual([]);
    }
    await page.getByRole('option', { name: HOSTILE }).click();
    await drafts(page, 'ready').nth(1).waitFor();
    await say(page, 'And these');
    await page.getByText('Seen.').waitFor();
    expect(await page.evaluate('window.hurt')).toBeUndefined();
    const sent = (await runtime.sessions.messages(id).all()).filter(({ role }) => role === 'user');
    expect(sent.at(-1)!.attachments).toEqual([
      { type: 'file', path: 'long.md' },
      expect.objectContaining({ path: HOSTILE, content: 'x' }),
    ]);
  });

  it('shows the pictures of a tool’s answer, and what its client wants shown', async () => {
    models.one.script(
      { calls: [...reads('a.png').calls, { name: 'execute_command', args: { command: 'npm test' } }] },
      finish('Looked.'),
    );
    const { id, page, runtime } = await begin('ada');
    await say(page, 'Look at it');
    await page.getByRole('button', { name: 'Approve' }).click();
    const calls = await eventually(async () => {
      const open = (await runtime.toolCalls.list(id).all()).filter(({ status }) => status === 'requested');
      expect(open).toHaveLength(2);
      return open;
    });
    const { id: blob } = await runtime.blobs.store(PICTURE);
    const answers = {
      read_file: { content: [{ type: 'image' as const, blob_id: blob }] },
      execute_command: { result: 'ok', display: { type: 'output', text: '12 passed', exit_code: 0 } },
    };
    for (const { call_id, tool_name } of calls) {
      const answer = answers[tool_name as keyof typeof answers];
      await runtime.sessions.send(id, { type: 'tool_result', call_id, ...answer });
    }
    await page.getByText('Looked.').waitFor();
    await page.reload();
    for (const verb of ['Read', 'Run']) await page.locator('[data-call]', { hasText: verb }).click();
    await page.locator('[data-call] img').waitFor();
    await page.getByText('12 passed').waitFor();
    await page.getByText('exit code 0').waitFor();
  });
});

/** Gives the page a picture as a paste or a drop does. */
const transfer = (event: 'paste' | 'drop', target: string, type = 'image/png') => `(() => {
  const bytes = Uint8Array.from(atob('${PICTURE.toString('base64')}'), (char) => char.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], 'pasted.png', { type: '${type}' }));
  const options = { bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data };
  const given = '${event}' === 'paste' ? new ClipboardEvent('paste', options) : new DragEvent('drop', options);
  ${target}.dispatchEvent(given);
})()`;

/** Writes files into the folder that stands for the one of a user. */
const filled = (files: Readonly<Record<string, string>>) => `(async () => {
  for (const [path, text] of Object.entries(${JSON.stringify(files)})) {
    let folder = await navigator.storage.getDirectory();
    const names = path.split('/');
    for (const name of names.slice(0, -1)) folder = await folder.getDirectoryHandle(name, { create: true });
    const stream = await (await folder.getFileHandle(names.at(-1), { create: true })).createWritable();
    await stream.write(text);
    await stream.close();
  }
})()`;
