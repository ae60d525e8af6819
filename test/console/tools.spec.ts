import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { finish, reads, writes } from '../support/scenes.js';
import { isLeftOut } from './support/chromium.js';
import { ConsoleStage, say } from './support/console-stage.js';

const calls = (name: string, args: object) => ({ calls: [{ name, args }] });
const edits = (path: string, from: string, to: string) =>
  calls('edit_file', { path, edits: [{ old_text: from, new_text: to }] });
const todos = (first: string, second: string) =>
  calls('update_todos', {
    items: [
      { text: 'Find the \u202eplace', status: first },
      { text: 'Change it', status: second },
    ],
  });

describe.skipIf(isLeftOut)('tool calls in the console', () => {
  let stage: ConsoleStage;
  beforeAll(async () => {
    stage = await ConsoleStage.start();
  });
  afterAll(() => stage?.stop());
  beforeEach(() => stage.model.reset());
  afterEach(async () => {
    await stage.closePages();
    expect(stage.faults.splice(0)).toEqual([]);
  });

  it('are shown as they are written, asked about, claimed and done, with what they change', async () => {
    stage.model.script(
      todos('in_progress', 'pending'),
      reads('a.txt'),
      { ...edits('a.txt', 'two', 'TWO'), pace: { chunk: 4, tokensPerSecond: 10 } },
      calls('move_file', { path: 'a.txt', to: 'b.txt' }),
      calls('delete_file', { path: 'b.txt' }),
      todos('completed', 'completed'),
      finish('Done with it.'),
    );
    const { id } = await stage.runtime.sessions.create({
      title: 'Tools',
      builtin_tools: ['read_file', 'edit_file', 'move_file', 'delete_file'],
      file_hashes: true,
    });
    const page = await stage.open(`/sessions/${id}`);
    const line = (verb: string) => page.locator('[data-call]', { hasText: verb });
    await say(page, 'Change it');

    await page.locator('aside [data-todo=in_progress]', { hasText: 'Find the ⟨U+202E⟩place' }).waitFor();
    await line('To do').getByText('0 of 2 done').waitFor();

    // The client that has claimed a call is named, and the call is open again when the claim is given back.
    await line('Read').getByText('waits for an IDE').waitFor();
    const call = (await stage.runtime.toolCalls.list(id).all())[0]!;
    await stage.runtime.toolCalls.claim(call.call_id, { client_id: 'window 1' });
    await line('Read').getByText('runs elsewhere').waitFor();
    await page.getByText('Tools are at work').waitFor();
    await page.reload();
    await line('Read').click();
    await line('Read').getByText('window 1').waitFor();
    await stage.runtime.toolCalls.release(call.call_id, { client_id: 'window 1' });
    await line('Read').getByText('waits for an IDE').waitFor();
    await stage.answer(id, 'one\ntwo\nthree\n', 'a.txt');

    await page.getByText('being written…').waitFor();
    const card = (subject: string) => page.getByRole('group', { name: subject, exact: true });
    const diff = page.getByRole('group', { name: 'What changes in a.txt' });
    await diff.waitFor();
    expect((await diff.innerText()).replaceAll(/\s+/g, ' ')).toContain('1 1 one 2 - two 2 + TWO 3 3 three');
    expect(await page.getByText('being written…').count()).toBe(0);
    await card('edit_file a.txt').getByRole('button', { name: 'Approve' }).click();
    await line('Edit').getByText('waits for an IDE').waitFor();
    await stage.answer(id, 'changed', 'a.txt');

    await card('move_file a.txt → b.txt').getByRole('button', { name: 'Approve' }).click();
    await line('Move').getByText('a.txt → b.txt').waitFor();
    await stage.answer(id, 'moved', 'b.txt');

    // What is deleted is known from what was read, edited and moved before.
    const gone = page.getByRole('group', { name: 'What changes in b.txt' });
    await gone.waitFor();
    expect((await gone.innerText()).replaceAll(/\s+/g, ' ')).toContain('1 - one 2 - TWO 3 - three');
    await card('delete_file b.txt').getByRole('button', { name: 'Reject' }).click();
    await card('delete_file b.txt').getByRole('button', { name: 'Reject' }).click();
    await page.getByText('Done with it.').waitFor();
    await line('Delete').getByText('rejected').waitFor();
    await page.locator('aside [data-todo=completed]', { hasText: 'Change it' }).waitFor();
    await line('Edit').click();
    await line('Edit').getByRole('group', { name: 'What changes in a.txt' }).waitFor();
    await stage.idle(id);
  });

  it('that are allowed for the session are told beside it, and asked about again once that is taken back', async () => {
    const runs = (command: string, cwd?: string) =>
      calls('execute_command', { command, ...(cwd && { cwd }) });
    stage.model.script(
      runs('npm test', 'packages/api'),
      runs('npm run lint'),
      runs('npm test', 'packages/api'),
      runs('npm test', 'packages/api'),
      finish('Enough.'),
    );
    const { id } = await stage.runtime.sessions.create({ title: 'Allowed' });
    const page = await stage.open(`/sessions/${id}`);
    const allowed = page.locator('aside [data-permission]');
    const told = (words: readonly RegExp[]) =>
      eventually(async () =>
        expect(await allowed.allInnerTexts()).toEqual(
          words.map((each) => expect.stringMatching(each) as string),
        ),
      );
    await say(page, 'Test it');
    await page.getByRole('button', { name: 'Always in this session' }).click();
    await told([/^Run npm test in packages\/api\n/]);
    await stage.answer(id, 'passed');
    await page.getByText('Allow more than this').click();
    await page.getByRole('button', { name: 'every npm run lint *' }).click();
    await told([/^Run every npm run lint \*\n/, /^Run npm test in packages\/api\n/]);
    await stage.answer(id, 'clean');
    // Nothing is asked.
    const again = page.locator('[data-call]', { hasText: 'npm test' }).nth(1);
    await again.getByText('waits for an IDE').waitFor();

    await page.getByRole('button', { name: 'Take back: Run npm test' }).click();
    await told([/^Run every npm run lint/]);
    expect(await stage.runtime.permissions.list(id).all()).toHaveLength(1);
    await stage.answer(id, 'passed');
    await page.getByRole('button', { name: 'Approve' }).click();
    await stage.answer(id, 'passed');
    await page.getByText('Enough.').waitFor();

    // Where there is no room beside the conversation, it is above the field.
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByText('Allowed in this session: 1').click();
    await page.getByRole('button', { name: 'Take back: Run npm run lint *' }).waitFor();
    await stage.runtime.permissions.takeBackAll(id); // another client
    await page.getByText('Allowed in this session').filter({ visible: true }).waitFor({ state: 'hidden' });
    await stage.idle(id);
  });

  it('of tools that a client has declared tell of whom, and what it says that they do', async () => {
    const name = 'mcp__tickets__look_up';
    stage.model.script(calls(name, { number: 7 }), finish('It is open.'));
    const { id } = await stage.runtime.sessions.create({ title: 'Tickets' });
    await stage.runtime.tools.declare(id, 'window 2', {
      ttl_seconds: 300,
      tools: [
        {
          name,
          description: 'Reads a ticket by its number',
          parameters: { type: 'object', properties: { number: { type: 'integer' } } },
          effect: 'read',
        },
      ],
    });
    const page = await stage.open(`/sessions/${id}`);
    await say(page, 'What of ticket 7?');
    const note = page.getByText('A tool of the client window 2, which says that it only reads.');
    await note.waitFor();
    await page.getByText('Reads a ticket by its number').waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('tickets: look_up').waitFor();
    await stage.answer(id, 'open');
    await page.getByText('It is open.').waitFor();
    await page.getByText('tickets: look_up').click();
    await note.waitFor();
    await stage.idle(id);
  });

  it('are executed in a folder that is lent, with hashes, as the mode of the session allows', async () => {
    stage.model.script(
      writes(),
      edits('greet.js', 'hello', 'hi'),
      calls('glob', { pattern: '**/*.js' }),
      calls('move_file', { path: 'greet.js', to: 'src/greet.js' }),
      calls('search_in_code', { query: 'HI', output: 'files' }),
      writes('old.js'),
      calls('delete_file', { path: 'old.js' }),
      reads('src/greet.js'),
      finish('Done.'),
    );
    const context = await stage.context();
    // A folder of the page's own stands for the one that a user would choose.
    await context.addInitScript('window.showDirectoryPicker = () => navigator.storage.getDirectory()');
    const { id } = await stage.runtime.sessions.create({ title: 'A folder' });
    const page = await context.newPage();
    await page.goto(`${stage.url}/console/sessions/${id}`);
    await page.getByRole('button', { name: 'Lend a folder' }).click();
    await page.getByRole('button', { name: 'Take the folder' }).waitFor();
    const { builtin_tools: told, file_hashes: hashes } = await stage.runtime.sessions.get(id);
    expect(told).toContain('edit_file');
    expect(told).not.toContain('execute_command');
    expect(hashes).toBe(true);

    await say(page, 'Write greet.js');
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await page.getByLabel('Permissions').selectOption({ label: 'Edits without asking' });
    await page.locator('select.text-wait').waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Done.').waitFor();
    await stage.idle(id);
    expect((await stage.runtime.sessions.get(id)).approval_mode).toBe('accept_edits');
    const answers = (await stage.runtime.sessions.messages(id).all()).filter(({ role }) => role === 'tool');
    expect(answers.map(({ content, call_status: status }) => [status, content])).toEqual([
      ['completed', 'written, 5 characters'],
      ['completed', 'changed in one place'],
      ['completed', 'greet.js'],
      ['completed', 'moved to src/greet.js'],
      ['completed', 'src/greet.js'],
      ['completed', 'written, 5 characters'],
      ['completed', 'deleted'],
      ['completed', 'hi'],
    ]);

    // What was typed meanwhile is not overwritten.
    await page.evaluate(WRITE);
    stage.model.reset();
    stage.model.script(edits('src/greet.js', 'hi', 'hey'), finish('Not now.'));
    await say(page, 'Change it');
    await page.getByText('Not now.').waitFor();
    const [stale] = (await stage.runtime.sessions.messages(id, { order: 'desc' }).all()).filter(
      ({ role, call_status: status }) => role === 'tool' && status === 'failed',
    );
    expect(stale!.content).toContain('has changed since you read it');
    await page.getByRole('button', { name: 'Take the folder' }).click();
    await page.getByRole('button', { name: 'Lend a folder' }).waitFor();
    await stage.told(id, { builtin_tools: null, file_hashes: false });
  });

  it('that were begun before a folder was lent get an answer there, also commands', async () => {
    stage.model.script(calls('execute_command', { command: 'node greet.js' }), finish('Then not.'));
    const context = await stage.context();
    await context.addInitScript('window.showDirectoryPicker = () => navigator.storage.getDirectory()');
    const { id } = await stage.runtime.sessions.create({ title: 'A folder' });
    await stage.runtime.sessions.send(id, { type: 'user_message', content: 'Run it' });
    const page = await context.newPage();
    await page.goto(`${stage.url}/console/sessions/${id}`);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('waits for an IDE', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Lend a folder' }).click();
    await page.getByText('Then not.').waitFor();
    const [answer] = (await stage.runtime.sessions.messages(id).all()).filter(({ role }) => role === 'tool');
    expect(answer).toMatchObject({
      call_status: 'failed',
      content: expect.stringContaining('not available') as string,
    });
    // The run has ended: the agent is offered what the page can do.
    await stage.told(id, { file_hashes: true });
  });
});

/** Changes the file past the page, as another editor does. */
const WRITE = `(async () => {
  const root = await navigator.storage.getDirectory();
  const file = await (await root.getDirectoryHandle('src')).getFileHandle('greet.js');
  const stream = await file.createWritable();
  await stream.write('hi, and more');
  await stream.close();
})()`;
