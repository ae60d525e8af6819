import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { finish, reads } from '../support/scenes.js';
import { isLeftOut } from './support/chromium.js';
import { ConsoleStage, say } from './support/console-stage.js';

describe.skipIf(isLeftOut)('tool calls in the console', () => {
  let stage: ConsoleStage;
  beforeAll(async () => {
    stage = await ConsoleStage.start();
  });
  afterAll(() => stage?.stop());
  afterEach(async () => {
    await stage.closePages();
    expect(stage.faults.splice(0)).toEqual([]);
  });

  it('that no client executes are answered by hand, claimed as by a client and kept over a reload', async () => {
    const { runtime } = stage;
    stage.model.script(
      reads('a.txt'),
      { calls: [{ name: 'execute_command', args: { command: 'npm test' } }] },
      reads('b.txt'),
      finish('Understood.'),
    );
    const { id } = await runtime.sessions.create({ title: 'By hand', client_claims: 'required' });
    const page = await stage.open(`/sessions/${id}`);
    const line = (object: string) => page.locator('[data-call]', { hasText: object });
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const answer = page.getByLabel('What the tool answers');
    const open = async () => (await runtime.toolCalls.list(id).all())[0]!;
    await say(page, 'Look at it');

    await line('a.txt').getByText('waits for an IDE').click();
    await button('Answer by hand').click();
    await answer.fill('one\ntwo');
    await page.getByRole('status').getByText('Waits for your answer').waitFor();
    const { call_id: callId } = await open();
    const other = runtime.toolCalls.claim(callId, { client_id: 'window 1' });
    await expect(other).rejects.toMatchObject({ code: 'tool_call.claimed' });
    await page.reload();
    await line('a.txt').getByText('waits for your answer').click();
    expect(await answer.inputValue()).toBe('one\ntwo');
    await button('Send the answer').click();

    await button('Approve').click();
    await line('npm test').getByText('waits for an IDE').click();
    await button('Answer by hand').click();
    await button('Back').click();
    await button('Approve').click(); // a command that is given back may have been carried out
    await line('npm test').getByText('waits for an IDE').click();
    await button('Answer by hand').click();
    await answer.waitFor();
    expect(await button('Send as an error').isDisabled()).toBe(true);
    await answer.fill('There is no npm here');
    await button('Send as an error').click();

    // A call of another client is left to that one, and one that is given back is open to all.
    await line('b.txt').getByText('waits for an IDE').click();
    await button('Answer by hand').click();
    await button('Back').click();
    await button('Answer by hand').waitFor();
    const { call_id: last, client_id: holder } = await open();
    expect(holder).toBeNull();
    await runtime.toolCalls.claim(last, { client_id: 'window 1' });
    await line('b.txt').getByText('window 1').waitFor();
    expect(await button('Answer by hand').count()).toBe(0);
    await runtime.sessions.send(id, {
      ...{ type: 'tool_result', call_id: last, client_id: 'window 1', result: 'three' },
    });
    await page.getByText('Understood.').waitFor();
    const answers = (await runtime.sessions.messages(id).all()).filter(({ role }) => role === 'tool');
    expect(answers.map(({ content, call_status: status }) => [status, content])).toEqual([
      ['completed', 'one\ntwo'],
      ['failed', 'Error: There is no npm here'],
      ['completed', 'three'],
    ]);
    await stage.idle(id);
  });
});
