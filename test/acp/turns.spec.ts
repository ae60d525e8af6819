import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { NOT_ATOMIC, PLAN, finish, propose, reads, writes } from '../support/scenes.js';
import { Editor, FULL } from './support/editor.js';
import { holdAnswers } from './support/held-answers.js';
import { DONE, cwd, model, read, runs, serve, server, twoModels, url } from './support/served.js';

serve({}, twoModels);

describe('an editor with everything', () => {
  it('reviews a plan, has it changed, and sees its steps tick off, with diffs and terminals', async () => {
    model.reset(NOT_ATOMIC);
    model.script(
      propose(),
      propose({ ...PLAN, title: 'A better one' }),
      writes(),
      finish('Written.'),
      runs('cat greet.js; touch ran'),
      finish('Checked.'),
    );
    const editor = await Editor.start(url, FULL);
    const answers = ['changes', 'approve'];
    editor.choose = ({ toolCall, options }) =>
      toolCall.kind === 'switch_mode' ? answers.shift() : options[0]!.optionId;
    editor.elicit = () => ({ action: 'accept', content: { changes: 'Make it better' } });
    const sessionId = await editor.open(cwd, 'auto');
    expect(await editor.prompt(sessionId, 'Build a greeting tool')).toBe('end_turn');
    expect(await read('greet.js')).toBe('hello');
    expect(await read('ran')).toBe('');
    expect(editor.written).toEqual([join(cwd, 'greet.js')]);
    // The long silence before a plan has something to show.
    expect(editor.updates('tool_call').map(({ title }) => title)).toContain('Writing the plan');
    const [first, second, write, run] = editor.permissions;
    expect(first!.toolCall.toolCallId).not.toBe(second!.toolCall.toolCallId);
    expect(second!.toolCall.title).toBe('A better one');
    const diff = { type: 'diff', path: join(cwd, 'greet.js'), oldText: null, newText: 'hello' };
    expect(write!.toolCall).toMatchObject({ kind: 'edit', content: [diff], title: 'Write greet.js' });
    expect(run!.toolCall).toMatchObject({ kind: 'execute', title: 'cat greet.js; touch ran' });
    const statuses = editor.updates('plan').map(({ entries }) => entries.map(({ status }) => status).join());
    expect(statuses.at(0)).toBe('pending,pending');
    expect(statuses).toContain('completed,in_progress');
    expect(statuses.at(-1)).toBe('completed,completed');
    const ended = editor.updates('tool_call_update').filter(({ status }) => status === 'completed');
    expect(ended).toContainEqual(expect.objectContaining({ content: [diff] }));
    expect(ended).toContainEqual(
      expect.objectContaining({ content: [{ type: 'terminal', terminalId: 'terminal 1' }] }),
    );
    expect(editor.text).toContain('### 1. Write it\n\nWritten.');
    await editor.close();
  });
});

describe('an editor without files, terminals and forms', () => {
  it('takes the next prompt for the changes of a plan, but only after the user has asked for changes', async () => {
    model.reset(NOT_ATOMIC);
    model.script(
      propose(),
      propose({ ...PLAN, title: 'A better one' }),
      finish('Nothing to do.'),
      finish('Fine.'),
    );
    const editor = await Editor.start(url);
    const answers = ['changes', 'approve'];
    editor.choose = () => answers.shift();
    const sessionId = await editor.open(cwd, 'auto');
    expect(await editor.prompt(sessionId, 'Build a greeting tool')).toBe('end_turn');
    expect(editor.text).toContain('Say what to change');
    const { body } = await server.client.get(`/v1/sessions/${sessionId}`);
    expect(body.metadata.acp.changes).toMatchObject({ version: 1 });
    expect(await editor.prompt(sessionId, 'Make it better')).toBe('end_turn');
    expect(editor.permissions.map(({ toolCall }) => toolCall.title)).toEqual([PLAN.title, 'A better one']);
    expect(JSON.stringify(model.bodies)).toContain('Make it better');
    const after = await server.client.get(`/v1/sessions/${sessionId}`);
    expect(after.body.metadata.acp.changes).toBeUndefined();
    await editor.close();
  });

  it('does not take a prompt for the changes of a plan that was decided on elsewhere', async () => {
    model.reset(NOT_ATOMIC);
    model.script(propose());
    const editor = await Editor.start(url);
    editor.choose = () => 'changes';
    const sessionId = await editor.open(cwd, 'auto');
    await editor.prompt(sessionId, 'Build a greeting tool');
    const { body } = await server.client.get(`/v1/sessions/${sessionId}/plans`);
    await server.client.post(`/v1/plans/${body.data[0].id}/cancel`, {});
    expect(await editor.prompt(sessionId, 'Make it better')).toBe('end_turn');
    expect(editor.text).toContain('not in review any more');
    await editor.close();
  });

  it('has files written and commands run in the folder, and the answers shown once', async () => {
    await writeFile(join(cwd, 'a.txt'), 'old');
    model.script(
      reads(),
      {
        calls: [
          { name: 'edit_file', args: { path: 'a.txt', edits: [{ old_text: 'old', new_text: 'new' }] } },
        ],
      },
      runs('echo printed once; cat a.txt'),
      DONE,
    );
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd);
    expect(await editor.prompt(sessionId, 'Do it')).toBe('end_turn');
    expect(await read('a.txt')).toBe('new');
    const diff = { type: 'diff', path: join(cwd, 'a.txt'), oldText: 'old', newText: 'new' };
    expect(editor.permissions[0]!.toolCall.content).toEqual([diff]);
    const shown = JSON.stringify(editor.updates('tool_call_update').map(({ content }) => content));
    expect(shown.split('printed once\\nnew')).toHaveLength(2);
    expect(JSON.stringify(editor.wire)).not.toContain('rawOutput');
    expect(editor.updates('usage_update').at(-1)).toMatchObject({ size: expect.any(Number) as number });
    await eventually(() =>
      expect(editor.updates('session_info_update').at(-1)).toMatchObject({ title: 'Do it' }),
    );
    await editor.close();
  });

  it('has calls refused, allowed for good, and is not asked about the same again', async () => {
    model.script(runs('echo one'), runs('echo two'), runs('echo two'), DONE);
    const editor = await Editor.start(url);
    const answers = ['reject', 'always'];
    editor.choose = () => answers.shift();
    const sessionId = await editor.open(cwd);
    expect(await editor.prompt(sessionId, 'Do it')).toBe('end_turn');
    expect(editor.permissions).toHaveLength(2);
    const ends = editor.updates('tool_call_update').flatMap(({ status }) => status ?? []);
    expect(ends.filter((status) => status === 'failed')).toHaveLength(1);
    await editor.close();
  });
});

describe('what is hard to send', () => {
  it('files of 3 MB, with NUL, and with half a surrogate pair: are read, or the model is told why not', async () => {
    const hard = { big: 'x'.repeat(3_000_000), nul: 'a\0b', half: Buffer.from([0xed, 0xa0, 0x80]) };
    for (const [name, content] of Object.entries(hard)) await writeFile(join(cwd, name), content);
    model.script({ calls: Object.keys(hard).flatMap((name) => reads(name).calls) }, DONE);
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd);
    expect(await editor.prompt(sessionId, 'Read them')).toBe('end_turn');
    const answers = model.requests.at(-1)!.messages.filter(({ role }) => role === 'tool');
    expect(answers).toHaveLength(3);
    await editor.close();
  });

  it('files in a prompt: are attached, by name alone where they are long; in words where the server refuses their name', async () => {
    model.script(DONE, DONE);
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd);
    const uri = `file://${cwd}/a.txt`;
    const stop = await editor.prompt(sessionId, [
      { type: 'text', text: 'Look at this\0' },
      { type: 'resource', resource: { uri, text: 'y'.repeat(100_001) } },
      { type: 'resource', resource: { uri: `file://${cwd}/b.txt`, text: 'short' } },
    ]);
    expect(stop).toBe('end_turn');
    const told = JSON.stringify(model.requests[0]!.messages.at(-1));
    expect(told).toContain('File a.txt: not shown here');
    expect(told).toContain('File b.txt:\\n```\\nshort');
    const { body } = await server.client.get(`/v1/sessions/${sessionId}/messages`);
    const said = body.data.find(({ role }: { role: string }) => role === 'user');
    expect(said.attachments).toMatchObject([{ path: 'a.txt' }, { path: 'b.txt', content: 'short' }]);
    const odd = { uri: `file://${cwd}/a:b.txt`, text: 'odd' };
    expect(await editor.prompt(sessionId, [{ type: 'resource', resource: odd }])).toBe('end_turn');
    expect(JSON.stringify(model.requests[1]!.messages.at(-1))).toContain('a:b.txt:\\n```\\nodd');
    await editor.close();
  });
});

describe('Stop', () => {
  it('before the server has taken the prompt: nothing is done', async () => {
    model.always({ text: 'Never mind.', pace: { firstTokenMs: 5_000 } });
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd);
    const answer = editor.prompt(sessionId, 'Do it');
    await editor.cancel(sessionId);
    expect(await answer).toBe('cancelled');
    expect(editor.text).toBe('');
    await editor.close();
  });

  it('while the model speaks', async () => {
    model.script({ text: 'word '.repeat(2_000), pace: { chunk: 5, tokensPerSecond: 50 } });
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd);
    const answer = editor.prompt(sessionId, 'Talk');
    await editor.sees('word');
    await editor.cancel(sessionId);
    expect(await answer).toBe('cancelled');
    await editor.close();
  });

  it('while a permission is open, which the editor may never answer', async () => {
    model.script(writes());
    const editor = await Editor.start(url);
    editor.choose = () => new Promise(() => undefined);
    editor.closesDialogs = false;
    const sessionId = await editor.open(cwd);
    const answer = editor.prompt(sessionId, 'Write');
    await editor.asked();
    await editor.cancel(sessionId);
    expect(await answer).toBe('cancelled');
    await editor.close();
  });

  it.each([
    ['of its own', {}],
    ['in a terminal', FULL],
  ])('while a command %s is running, which ends', async (_, capabilities) => {
    model.script(runs('echo $$ > pid; exec sleep 60'));
    const editor = await Editor.start(url, capabilities);
    const sessionId = await editor.open(cwd);
    const answer = editor.prompt(sessionId, 'Run');
    const pid = await eventually(
      async () => Number(await read('pid')) || Promise.reject(new Error('not yet')),
    );
    await editor.cancel(sessionId);
    expect(await answer).toBe('cancelled');
    await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
    await editor.close();
  });
});

it('tells why a run has failed, with its code, and goes on with the next prompt', async () => {
  model.script({ status: 401 }, DONE);
  const editor = await Editor.start(url);
  const sessionId = await editor.open(cwd);
  const error = await editor.prompt(sessionId, 'Do it').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: -32603, data: { code: 'model.unauthorized' } });
  expect(await editor.prompt(sessionId, 'Do it')).toBe('end_turn');
  await editor.close();
});

it('answers two prompts that come at once one after the other', async () => {
  model.script(finish('The first.'), finish('The second.'));
  const editor = await Editor.start(url);
  const sessionId = await editor.open(cwd);
  const ended: string[] = [];
  const ask = (text: string) => editor.prompt(sessionId, text).then(() => ended.push(text));
  await Promise.all([ask('one'), ask('two')]);
  expect(ended).toEqual(['one', 'two']);
  expect(editor.text).toBe('The first.The second.');
  await editor.close();
});

it('shows a run that has ended before its message is answered', async () => {
  model.script({ text: 'That was quick.' });
  await using held = await holdAnswers(url, (sessionId) =>
    eventually(async () => {
      const { body } = await server.client.get(`/v1/sessions/${sessionId}/runs`);
      expect(body.data).toMatchObject([{ status: 'completed' }]);
    }),
  );
  const editor = await Editor.start(held.url);
  const sessionId = await editor.open(cwd, 'auto');
  expect(await editor.prompt(sessionId, '/ask Be quick')).toBe('end_turn');
  expect(editor.text).toBe('That was quick.');
  await editor.close();
});

it('executes a call once where two editors show the session, and takes no late decision', async () => {
  model.script(runs('echo ran >> log'), DONE);
  const [first, second] = await Promise.all([Editor.start(url), Editor.start(url)]);
  const sessionId = await first.open(cwd);
  let decide: (optionId: string) => void = () => undefined;
  first.choose = () => new Promise((resolve) => (decide = resolve));
  const answer = first.prompt(sessionId, 'Do it');
  await first.asked();
  await second.load(sessionId, cwd);
  expect(second.text).toContain('A run waits for your decision');
  const goingOn = second.prompt(sessionId, '/continue');
  await second.asked();
  expect(await goingOn).toBe('end_turn');
  expect(await answer).toBe('end_turn');
  decide('allow');
  expect(await read('log')).toBe('ran\n');
  await first.close();
  await second.close();
});
