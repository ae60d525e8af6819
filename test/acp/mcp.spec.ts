import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { McpServer } from '@agentclientprotocol/sdk';
import { methods } from '@agentclientprotocol/sdk';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { pngOf } from '../support/images.js';
import { finish } from '../support/scenes.js';
import { Editor } from './support/editor.js';
import { HttpMcpServer } from './support/http-mcp-server.js';
import { DONE, cwd, database, model, read, serve, server, twoModels, url } from './support/served.js';

const SECRET = 'hush-4711-hush';
/** It takes half a second at most, and a busy machine longer. */
const SOON_MS = 5_000;
const PROGRAM = resolve('test/acp/support/mcp-server.ts');

const stdio = (name = 'test', ...args: string[]): McpServer => ({
  ...{ name, command: process.execPath, args: [PROGRAM, ...args] },
  env: [{ name: 'SECRET', value: SECRET }],
});
const calls = (tool: string, args: object = {}, of = 'test') => ({
  calls: [{ name: `mcp__${of}__${tool}`, args }],
});

serve({}, twoModels);

const linesIn = async (path: string) => (await read(path)).trim().split('\n');
/** A zombie is gone, too: when it is taken away is for the process to say that inherits it. */
const isRunning = async (pid: number) => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return stat[stat.lastIndexOf(')') + 2] !== 'Z';
};
const isGone = (pid: number) => eventually(async () => expect(await isRunning(pid)).toBe(false));
/** The processes that a server has left word of: its own, and its child. */
const started = async () => (await linesIn('started')).map((line) => line.split(' ').map(Number));
const toolsOf = (request = model.requests.at(-1)!) =>
  (request as unknown as { tools: { function: { name: string } }[] }).tools.map((tool) => tool.function.name);
const toolsIn = async (sessionId: string) =>
  (await server.client.get(`/v1/sessions/${sessionId}/tools`)).body;
/** What the model was told of the last call. */
const told = () => JSON.stringify(model.requests.at(-1)!.messages.findLast(({ role }) => role === 'tool'));
const everything = (sessionId: string) =>
  database.rows('select data::text from events where session_id = $1', [sessionId]);

describe('a tool of a server that the editor hands over', () => {
  it('is declared, asked about whatever it claims, executed once, and shown', async () => {
    model.script(calls('echo', { text: 'hello' }), DONE);
    const editor = await Editor.start(url, {}, [], { AGENT_RUNTIME_TOKEN: 'secret-of-the-user' });
    const sessionId = await editor.open(cwd, 'coder', [stdio()]);
    await server.client.call('PATCH', `/v1/sessions/${sessionId}`, { approval_mode: 'accept_edits' });
    let declared: unknown;
    editor.choose = async () => {
      declared = (await toolsIn(sessionId)).data;
      return 'allow';
    };
    expect(await editor.prompt(sessionId, 'Say it')).toBe('end_turn');
    expect(declared).toMatchObject([
      {
        tools: expect.arrayContaining([
          expect.objectContaining({ name: 'mcp__test__echo', description: 'Does echo', effect: 'read' }),
          expect.objectContaining({ name: 'mcp__test__die', effect: 'execute' }),
        ]),
      },
    ]);
    expect(editor.permissions).toMatchObject([
      { toolCall: { title: 'mcp__test__echo', rawInput: { text: 'hello' } } },
    ]);
    expect(editor.permissions[0]!.options.map(({ name }) => name)).toContain(
      'Always allow this tool in this session',
    );
    expect(told()).toContain('It says hello');
    expect(await linesIn('calls')).toHaveLength(1);
    expect(JSON.stringify(editor.updates('tool_call_update').at(-1))).toContain('It says hello');
    expect(editor.text).toContain(
      'left out: mcp__test__patterned (parameters.properties.a.pattern is not taken',
    );
    await editor.close();
  });

  it('is not called where the user says no, and knows no token of the server', async () => {
    model.script(calls('echo', { text: 'hello' }), calls('environment'), DONE);
    const editor = await Editor.start(url, {}, [], { AGENT_RUNTIME_TOKEN: 'secret-of-the-user' });
    const answers = ['reject', 'allow'];
    editor.choose = () => answers.shift();
    const sessionId = await editor.open(cwd, 'coder', [stdio()]);
    expect(await editor.prompt(sessionId, 'Say it')).toBe('end_turn');
    expect((await linesIn('calls')).map((line) => line.split(' ')[1])).toEqual(['environment']);
    expect(told()).toContain('SECRET');
    expect(told()).not.toContain('AGENT_RUNTIME_TOKEN');
    await editor.close();
  });

  it('answers with an image, which the model sees and the editor shows', async () => {
    model.script(calls('picture'), DONE);
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd, 'coder', [stdio()]);
    expect(await editor.prompt(sessionId, 'Show it')).toBe('end_turn');
    const data = pngOf(500).toString('base64');
    expect(JSON.stringify(model.requests.at(-1))).toContain(`data:image/png;base64,${data}`);
    const shown = editor.updates('tool_call_update').flatMap(({ content }) => content ?? []);
    expect(shown).toContainEqual({
      type: 'content',
      content: { type: 'image', data, mimeType: 'image/png' },
    });
    await editor.close();
  });

  it('is cancelled with its run', async () => {
    model.script(calls('wait'));
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd, 'coder', [stdio()]);
    const answer = editor.prompt(sessionId, 'Wait');
    await eventually(() => linesIn('calls'));
    await editor.cancel(sessionId);
    expect(await answer).toBe('cancelled');
    await eventually(() => linesIn('cancelled'));
    await editor.close();
  });

  it.each(['http', 'sse'] as const)('is called by %s, with the headers of the editor', async (type) => {
    model.script(calls('echo', { text: 'from afar' }), DONE);
    const remote = await HttpMcpServer.start(cwd);
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd, 'coder', [
      {
        ...{ type, name: 'test', url: `${remote.url}/${type === 'sse' ? 'sse' : 'mcp'}` },
        headers: [{ name: 'authorization', value: `Bearer ${SECRET}` }],
      },
    ]);
    expect(await editor.prompt(sessionId, 'Say it')).toBe('end_turn');
    expect(told()).toContain('It says from afar');
    expect(new Set(remote.authorizations)).toEqual(new Set([`Bearer ${SECRET}`]));
    await editor.close();
    remote.stop();
  });

  it('is known to the next run after the server has told of it', async () => {
    model.script(calls('grow'), DONE);
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd, 'coder', [stdio()]);
    await editor.prompt(sessionId, 'Grow');
    expect(toolsOf()).not.toContain('mcp__test__grown');
    model.always(DONE);
    await eventually(async () => {
      await editor.prompt(sessionId, 'Look');
      expect(toolsOf()).toContain('mcp__test__grown');
    });
    await editor.close();
  });
});

describe('a server', () => {
  it('that dies in a call: the call fails, the user is told once, and it is not started again', async () => {
    model.script(calls('die'), DONE, DONE);
    const editor = await Editor.start(url, {}, ['--log-file', join(cwd, 'wire.log')]);
    const sessionId = await editor.open(cwd, 'coder', [stdio()]);
    expect(await editor.prompt(sessionId, 'Die')).toBe('end_turn');
    expect(told()).toContain('it has ended (exit code 3: It cannot go on⟨U+0008⟩ with ***)');
    expect(await editor.prompt(sessionId, 'Go on')).toBe('end_turn');
    expect(toolsOf()).not.toContain('mcp__test__echo');
    expect(editor.text.split('is not used any more')).toHaveLength(2);
    expect(await linesIn('started')).toHaveLength(1);
    await editor.close();
    const kept = [await read('wire.log'), editor.errors, JSON.stringify(await everything(sessionId))];
    expect(kept.join()).toContain('"command"');
    expect(kept.join()).not.toContain(SECRET);
  });

  it('that is late, or cannot be started, holds up neither the session nor the first message for long', async () => {
    model.script(finish('Fine.'));
    const editor = await Editor.start(url);
    const missing: McpServer = { name: 'missing', command: join(cwd, 'no-such-program'), args: [], env: [] };
    const sessionId = await editor.open(cwd, 'coder', [
      stdio('late', 'silent'),
      stdio('bare', 'bare'),
      missing,
      missing,
      { type: 'http', name: 'refused', url: `${url}/mcp`, headers: [] },
    ]);
    expect(await editor.prompt(sessionId, 'Go on')).toBe('end_turn');
    expect(editor.text).toContain('The MCP server “late” is not ready');
    expect(editor.text).toMatch(
      /“missing” is not used any more: it has ended \(exit code 127: .*no-such-program/,
    );
    expect(editor.text).toContain('There are two MCP servers “missing”');
    expect(editor.text).toMatch(
      /“refused” is not used any more: it could not be started: .*route\.not_found/,
    );
    // What the package says of a server without tools is no line for the editor.
    expect(editor.errors).toContain('does not advertise tools');
    await editor.close();
  });

  it('does not tell the server of its secrets by an error of its own', async () => {
    model.script(calls('fail'), DONE);
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd, 'coder', [stdio()]);
    await editor.prompt(sessionId, 'Fail');
    expect(told()).toContain('Refused for ***');
    expect(editor.updates('tool_call_update').map(({ status }) => status)).toContain('failed');
    await editor.close();
  });
});

describe('its processes', () => {
  it.each([
    ['the input of the bridge ends', (editor: Editor) => editor.closeInput()],
    ['the bridge gets SIGTERM', (editor: Editor) => editor.signal('SIGTERM')],
    ['the bridge gets SIGKILL', (editor: Editor) => editor.signal('SIGKILL')],
  ])('are gone soon, with what they have started, when %s', async (_, end) => {
    const editor = await Editor.start(url);
    await editor.open(cwd, 'coder', [stdio('good'), stdio('stubborn', 'stubborn')]);
    const processes = await eventually(async () => {
      const all = await started();
      expect(all).toHaveLength(2);
      return all.flat();
    });
    const since = performance.now();
    end(editor);
    await Promise.all(processes.map(isGone));
    expect(performance.now() - since).toBeLessThan(SOON_MS);
    await editor.exited;
  });

  it('are gone when their session is closed, and its tools after each prompt', async () => {
    model.script(DONE);
    const editor = await Editor.start(url);
    const sessionId = await editor.open(cwd, 'coder', [stdio(), stdio('stubborn', 'stubborn')]);
    await editor.prompt(sessionId, 'Look');
    expect(toolsOf()).toContain('mcp__test__echo');
    const processes = (await started()).flat();
    await eventually(async () => expect((await toolsIn(sessionId)).data).toEqual([]));
    await editor.agent.request(methods.agent.session.close, { sessionId });
    await Promise.all(processes.map(isGone));
    await editor.close();
  });
});

describe('two windows with the same server', () => {
  it('execute the calls of their own prompts, each once', async () => {
    const turn = [calls('echo', { text: 'hello' }), DONE];
    model.script(...turn, ...turn, ...turn);
    const [first, second] = await Promise.all([Editor.start(url), Editor.start(url)]);
    const sessionId = await first.open(cwd, 'coder', [stdio()]);
    const processes = [await eventually(async () => (await started())[0]![0])];
    await second.load(sessionId, cwd, [stdio()]);
    processes.push(await eventually(async () => (await started())[1]![0]));
    for (const editor of [first, second, first]) {
      expect(await editor.prompt(sessionId, 'Say it')).toBe('end_turn');
    }
    const callers = (await linesIn('calls')).map((line) => Number(line.split(' ')[0]));
    expect(callers.map((pid) => processes.indexOf(pid))).toEqual([0, 1, 0]);
    await first.close();
    await second.close();
  });

  it('do without the one that was killed: its tools are those of the other at once', async () => {
    model.script(calls('echo', { text: 'lost' }), calls('echo', { text: 'hello' }), DONE);
    const killed = await Editor.start(url);
    killed.choose = () => new Promise(() => undefined);
    const sessionId = await killed.open(cwd, 'coder', [stdio()]);
    const lost = killed.prompt(sessionId, 'Say it').catch(() => 'lost');
    await killed.asked();
    killed.signal('SIGKILL');
    await lost;
    const editor = await Editor.start(url);
    await editor.load(sessionId, cwd, [stdio()]);
    expect(await editor.prompt(sessionId, 'Say it')).toBe('end_turn');
    expect(told()).toContain('It says hello');
    await editor.close();
  });
});
