import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { NOT_ATOMIC, PLAN, finish, propose, reads } from '../support/scenes.js';
import { isLeftOut } from './support/chromium.js';
import { ConsoleStage, say } from './support/console-stage.js';

describe.skipIf(isLeftOut)('a plan in the console', () => {
  let stage: ConsoleStage;
  beforeAll(async () => {
    stage = await ConsoleStage.start();
  });
  afterAll(() => stage?.stop());
  beforeEach(() => stage.model.reset(NOT_ATOMIC));
  afterEach(async () => {
    await stage.closePages();
    expect(stage.faults.splice(0)).toEqual([]);
  });

  const toReview = async () => {
    const { id: sessionId } = await stage.runtime.sessions.create({ title: 'A test' });
    const page = await stage.open(`/sessions/${sessionId}`);
    await say(page, 'Build it');
    await page.getByRole('link', { name: /A greeting tool.*Review/s }).click();
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    return { sessionId, planId: /\/plans\/([^/]+)/.exec(page.url())![1]!, page };
  };

  it('is changed by comments on its steps, compared with its first version, approved, and carried out over reloads', async () => {
    const again = {
      ...PLAN,
      subtasks: PLAN.subtasks.map((step) => ({ ...step, title: `${step.title} well` })),
    };
    stage.model.script(
      propose(),
      propose(again),
      reads('a.txt'),
      finish('written'),
      { text: 'Nearly there', calls: [{ name: 'read_file', args: { path: 'b.txt' } }] },
      finish('checked'),
    );
    const { sessionId, planId, page } = await toReview();
    expect(await page.getByRole('button', { name: 'Request changes' }).isDisabled()).toBe(true);
    await page.getByLabel('Comment on step 2').fill('Look twice');
    await page.getByLabel('Comment on step 1').fill('In tabs');
    await page.getByRole('button', { name: 'Request changes' }).click();
    await page.getByText('Version 2').first().waitFor();
    await page.getByRole('group', { name: 'What has changed in the plan' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Approve' }).click();

    // In the first step, and after it: what is done, what is not, and what it waits for are there again.
    await page.getByText('waits for an IDE', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('0 of 2 done').waitFor();
    await page.getByText('waits for an IDE', { exact: true }).waitFor();
    await stage.answer(sessionId, 'hello');
    await page.getByText('Nearly there').waitFor();
    await page.reload();
    await page.getByText('1 of 2 done').waitFor();
    await page.getByText('written', { exact: true }).first().waitFor();
    await page.getByText('Nearly there').waitFor();
    await stage.answer(sessionId, 'hello');
    await page.getByText('2 of 2 done').waitFor();
    await page.getByText('checked', { exact: true }).first().waitFor();
    const { history, status } = await stage.runtime.plans.get(planId);
    expect(history.find(({ action }) => action === 'request_changes')?.reason).toBe(
      'Step 1: In tabs\nStep 2: Look twice',
    );
    expect(status).toBe('completed');
    await stage.idle(sessionId);
  });

  it('closes its question in every tab where it is decided in one', async () => {
    stage.model.script(propose());
    const { sessionId, planId, page } = await toReview();
    const other = await stage.open(`/plans/${planId}`);
    await other.getByRole('button', { name: 'Reject' }).waitFor();
    await page.getByRole('button', { name: 'Reject' }).click();
    await other.getByRole('button', { name: 'Reject' }).waitFor({ state: 'detached' });
    await other.getByText('rejected', { exact: true }).first().waitFor();
    await eventually(async () => expect((await stage.runtime.sessions.get(sessionId)).active_run).toBeNull());
  });
});
