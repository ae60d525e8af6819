import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { methods } from '@agentclientprotocol/sdk';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { pngOf } from '../support/images.js';
import { reads, writes } from '../support/scenes.js';
import { Editor, FULL } from './support/editor.js';
import { DONE, cwd, model, runs, serve, server, twoModels, url } from './support/served.js';

serve({}, twoModels);

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
