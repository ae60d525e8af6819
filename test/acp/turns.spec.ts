import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { methods } from '@agentclientprotocol/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { pngOf } from '../support/images.js';
import { NOT_ATOMIC, PLAN, finish, propose, reads, writes } from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';
import { Editor, FULL } from './support/editor.js';
import { holdAnswers } from './support/held-answers.js';

const runs = (command: string) => ({ calls: [{ name: 'execute_command', args: { command } }] });
const DONE = finish('Done.');

/** Two models, of which the first reads images. */
const modelsAt = (url: string) => ({
  providers: [{ id: 'one', api: 'chat', base_url: url, api_key_env: 'KEY' }],
  models: [['text', 'image'], ['text']].map((input, index) => ({
    id: `model-${index}`,
    provider: 'one',
    limit: { context: 128_000, output: 16_000 },
    modalities: { input, output: ['text'] },
    reasoning: index === 0 ? ['low', 'high'] : [],
  })),
  default: 'model-0',
});

let database: TestDatabase;
let model: ScriptedModel;
let server: ServerProcess;
let url: string;
let cwd: string;
let settings: string;

beforeAll(async () => {
  database = await TestDatabase.create();
  model = await ScriptedModel.start();
  settings = await mkdtemp(join(tmpdir(), 'acp-models-'));
  await writeFile(join(settings, 'models.json'), JSON.stringify(modelsAt(model.url)));
  server = await ServerProcess.start({
    DATABASE_URL: database.url,
    MODELS_FILE: join(settings, 'models.json'),
    KEY: 'a-key',
  });
  url = server.client.url;
});
afterAll(async () => {
  await server?.stop('SIGKILL');
  await model?.stop();
  await database?.drop();
  await rm(settings, { recursive: true, force: true });
});
beforeEach(async () => {
  model.reset();
  cwd = await mkdtemp(join(tmpdir(), 'acp-'));
  return () => rm(cwd, { recursive: true, force: true });
});

const read = (path: string) => readFile(join(cwd, path), 'utf8');

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

describe('sessions', () => {
  it('are listed by folder, loaded with what was said, resumed without, and deleted', async () => {
    model.script({ text: 'I write.', ...writes() }, runs('echo printed'), DONE);
    const before = await Editor.start(url);
    const sessionId = await before.open(cwd);
    await before.prompt(sessionId, 'Write it');
    await before.close();

    const editor = await Editor.start(url);
    const { sessions } = await editor.agent.request(methods.agent.session.list, { cwd });
    expect(sessions).toMatchObject([{ sessionId, cwd, title: 'Write it' }]);
    await editor.load(sessionId, cwd);
    expect(editor.updates('user_message_chunk')).toMatchObject([{ content: { text: 'Write it' } }]);
    expect(editor.text).toBe('I write.Done.');
    expect(editor.updates('tool_call')).toMatchObject([{ title: 'Write greet.js' }, { kind: 'execute' }]);
    expect(editor.updates('tool_call_update').map(({ content }) => content)).toEqual([
      [{ type: 'diff', path: join(cwd, 'greet.js'), oldText: null, newText: 'hello' }],
      [{ type: 'content', content: { type: 'text', text: '```\nprinted\n```' } }],
    ]);
    await editor.agent.request(methods.agent.session.close, { sessionId });
    await editor.agent.request(methods.agent.session.resume, { sessionId, cwd });
    expect(editor.text).toBe('I write.Done.');
    await editor.agent.request(methods.agent.session.delete, { sessionId });
    await editor.agent.request(methods.agent.session.delete, { sessionId });
    await expect(editor.load(sessionId, cwd)).rejects.toThrow('not found');
    await editor.close();
  });

  it('work in several folders, by their names, and another window goes on in them', async () => {
    const lib = await mkdtemp(join(tmpdir(), 'acp-lib-'));
    onTestFinished(() => rm(lib, { recursive: true, force: true }));
    const file = join(lib, 'a.txt');
    await writeFile(file, 'old');
    await writeFile(join(lib, 'AGENTS.md'), 'Mind the library.');
    const [path, additionalDirectories] = [`${basename(lib)}/a.txt`, [lib]];
    const edits = [{ old_text: 'old', new_text: 'new' }];
    model.script(
      reads(path),
      { calls: [{ name: 'edit_file', args: { path, edits } }] },
      { calls: [{ name: 'execute_command', args: { command: 'cat a.txt', cwd: basename(lib) } }] },
      DONE,
      reads(),
      DONE,
    );
    const before = await Editor.start(url, FULL);
    before.buffers.set(file, 'old, not saved');
    const sessionId = await before.open(cwd, 'coder', [], additionalDirectories);
    const mentioned = { uri: `file://${lib}/b.txt`, text: 'mentioned' };
    await before.prompt(sessionId, [{ type: 'resource', resource: mentioned }]);
    expect(await readFile(file, 'utf8')).toBe('new, not saved');
    expect(before.written).toEqual([file]);
    const diff = { type: 'diff', path: file, oldText: 'old, not saved', newText: 'new, not saved' };
    expect(before.permissions[0]!.toolCall).toMatchObject({ locations: [{ path: file }], content: [diff] });
    expect(before.sent('terminal/create')).toMatchObject([{ cwd: lib }]);
    const told = JSON.stringify(model.requests.at(-1)!.messages);
    for (const part of ['begin with the name of a folder', 'Mind the library.', `${basename(lib)}/b.txt`]) {
      expect(told).toContain(part);
    }
    await before.close();

    const editor = await Editor.start(url);
    const { sessions } = await editor.agent.request(methods.agent.session.list, { cwd });
    expect(sessions).toMatchObject([{ sessionId, cwd, additionalDirectories }]);
    const place = { sessionId, cwd, mcpServers: [] };
    await editor.agent.request(methods.agent.session.load, { ...place, additionalDirectories });
    expect(editor.updates('tool_call').map(({ locations }) => locations)).toEqual([
      ...[[{ path: file }], [{ path: file }], []],
    ]);
    expect(editor.updates('tool_call_update').map(({ content }) => content)).toContainEqual([diff]);
    await editor.prompt(sessionId, 'Read it');
    expect(JSON.stringify(model.requests.at(-1)!.messages.at(-1))).toContain('name of a folder');

    const missing = { ...place, additionalDirectories: [lib, join(lib, 'missing')] };
    await expect(editor.agent.request(methods.agent.session.resume, missing)).rejects.toThrow(
      `additionalDirectories: ${join(lib, 'missing')} is no folder`,
    );
    await editor.agent.request(methods.agent.session.resume, place);
    const { body } = await server.client.get(`/v1/sessions/${sessionId}`);
    expect(body.metadata.acp).toMatchObject({ cwd, roots: [] });
    await editor.close();
  });

  it('have agent, model and approvals to choose from, also while a run is active', async () => {
    model.script({ text: 'word '.repeat(20), pace: { chunk: 5, tokensPerSecond: 50 } }, DONE, DONE);
    const editor = await Editor.start(url);
    const { sessionId, configOptions, modes } = await editor.agent.request(methods.agent.session.new, {
      ...{ cwd, mcpServers: [] },
    });
    expect(configOptions!.map(({ id, category }) => [id, category])).toEqual([
      ['agent', 'mode'],
      ['model', 'model'],
      ['reasoning_effort', 'thought_level'],
      ['approval_mode', undefined],
    ]);
    expect(modes!.availableModes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['auto', 'coder', 'ask']),
    );
    const choose = (configId: string, value: string) =>
      editor.agent.request(methods.agent.session.setConfigOption, { sessionId, configId, value });
    await choose('agent', 'ask');
    await choose('approval_mode', 'read_only');
    await choose('reasoning_effort', 'high');
    await expect(choose('reasoning_effort', 'endless')).rejects.toThrow('must be one of low, high');
    await expect(choose('agent', 'nobody')).rejects.toThrow('no such agent');
    const answer = editor.prompt(sessionId, 'Talk');
    await editor.sees('word');
    const chosen = await choose('agent', 'coder');
    expect(chosen.configOptions[0]).toMatchObject({ id: 'agent', currentValue: 'coder' });
    expect(chosen.configOptions[2]).toMatchObject({ id: 'reasoning_effort', currentValue: 'high' });
    // The model of the next run reasons by no effort, so that there is none to choose.
    const { configOptions: without } = await choose('model', 'model-1');
    expect(without.map(({ id }) => id)).toEqual(['agent', 'model', 'approval_mode']);
    await answer;
    await editor.prompt(sessionId, '/debug Do it');
    const { body: once } = await server.client.get(`/v1/sessions/${sessionId}`);
    expect(once.chosen_agent).toBe('debug');
    await editor.prompt(sessionId, 'Do it');
    await server.client.call('PATCH', `/v1/sessions/${sessionId}`, {
      title: 'Renamed',
      approval_mode: 'ask',
    });
    await eventually(() => {
      expect(editor.updates('session_info_update').at(-1)).toMatchObject({ title: 'Renamed' });
      expect(editor.updates('config_option_update').at(-1)?.configOptions[2]).toMatchObject({
        currentValue: 'ask',
      });
    });
    const { body } = await server.client.get(`/v1/sessions/${sessionId}`);
    expect(body).toMatchObject({ chosen_agent: 'coder', client_claims: 'required' });
    await editor.close();
  });
});

describe('a prompt with an image', () => {
  const image = { type: 'image', mimeType: 'image/png', data: pngOf(500).toString('base64') } as const;
  const prompt = [{ type: 'text', text: 'What is it?' } as const, image];

  it('is read by a model that reads images; one that does not goes without it, and the user is told', async () => {
    model.script(DONE, DONE);
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd);
    expect(await editor.prompt(sessionId, prompt)).toBe('end_turn');
    const asked = JSON.stringify(model.requests.at(-1)!.messages);
    expect(asked).toContain(`data:image/png;base64,${image.data}`);
    await server.client.call('PATCH', `/v1/sessions/${sessionId}`, '{"model":"model-1"}');
    const bytes = { ...image, data: Buffer.from('no image').toString('base64') };
    expect(await editor.prompt(sessionId, [...prompt, bytes])).toBe('end_turn');
    expect(editor.text).toMatch(/An image is left out: .*model-1.* The prompt goes on without its images/s);
    expect(JSON.stringify(model.requests.at(-1)!.messages.at(-1))).toContain('cannot be shown the images');
    await editor.close();
  });
});
