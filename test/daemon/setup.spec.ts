import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { parseEnv } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installWithout } from '../support/server-process.js';
import { BIN } from './support/daemon-home.js';

const KEY = 'sk-a-key-of-the-model-server';
const MODELS = { data: [{ id: 'qwen3' }, { id: 'devstral' }] };

/** A model server and a server of a team, both of which know one key. */
async function fakeServer(): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url, headers }, response) => {
    response.statusCode = headers.authorization === `Bearer ${KEY}` ? 200 : 401;
    response.end(JSON.stringify(url === '/v1/models' ? MODELS : { user: 'alice' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

let server: Server;
let url: string;
let folder: string;
const file = () => join(folder, 'settings.env');
const saved = async () => ({ ...parseEnv(await readFile(file(), 'utf8')) });

beforeAll(async () => ({ server, url } = await fakeServer()));
afterAll(() => server.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setup-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('agent-runtime acp setup', () => {
  /** Answers by a pipe, as a script does. */
  async function answer(...lines: string[]) {
    const env = { PATH: process.env['PATH'], DATA_DIR: folder };
    const child = spawn(process.execPath, [BIN, 'acp', 'setup'], { env });
    child.stdin.end(lines.map((line) => `${line}\n`).join(''));
    const [[code], out, errors] = await Promise.all([
      once(child, 'exit') as Promise<[number]>,
      text(child.stdout),
      text(child.stderr),
    ]);
    expect(out).not.toContain(KEY);
    return { code, out, errors };
  }

  it('keeps the model that was chosen of a server, where other users cannot read it', async () => {
    const { code, out } = await answer('1', `${url}/v1/`, KEY, 'devstral');
    expect(code).toBe(0);
    expect(out).toContain('It answers, with 2 models.');
    expect(await saved()).toEqual({
      OPENAI_BASE_URL: `${url}/v1`,
      OPENAI_API_KEY: KEY,
      AGENTS_DEFAULT_MODEL: 'devstral',
    });
    expect((await lstat(file())).mode & 0o777).toBe(0o600);
  });

  it('says what is wrong, and lets it be changed, or saved', async () => {
    const answers = ['3', '1', 'localhost', `${url}/v1`, 'wrong', 'n', 'http://127.0.0.1:9', '', 'y', 'm'];
    const { code, out } = await answer(...answers);
    expect(code).toBe(0);
    expect(out.match(/That does not fit\./g)).toHaveLength(2);
    expect(out).toMatch(/It refuses the key \(401\)[^]*It does not answer: /);
    expect(await saved()).toEqual({ OPENAI_BASE_URL: 'http://127.0.0.1:9', AGENTS_DEFAULT_MODEL: 'm' });
  });

  it('keeps the server of a team in place of a model, and other settings as they are', async () => {
    await writeFile(file(), 'MODELS_FILE=models.json\nLOG_LEVEL=warn\n', { mode: 0o600 });
    const { code, out } = await answer('2', url, KEY);
    expect([code, out]).toEqual([0, expect.stringContaining('It knows you as alice.')]);
    const expected = { LOG_LEVEL: 'warn', AGENT_RUNTIME_URL: url, AGENT_RUNTIME_TOKEN: KEY };
    expect(await saved()).toEqual(expected);
  });

  it('changes nothing when the input ends, and follows no link', async () => {
    const target = join(folder, 'of-another');
    await writeFile(target, 'as it was');
    await symlink(target, file());
    const ended = await answer('1', `${url}/v1`);
    expect(ended).toMatchObject({ code: 1, errors: expect.stringContaining('nothing is saved') });
    expect((await lstat(file())).isSymbolicLink()).toBe(true);
    expect((await answer('1', `${url}/v1`, KEY, '')).code).toBe(0);
    expect(await readFile(target, 'utf8')).toBe('as it was');
    expect((await lstat(file())).isSymbolicLink()).toBe(false);
    expect(await saved()).toMatchObject({ AGENTS_DEFAULT_MODEL: 'qwen3' });
  });
});

describe('agent-runtime console', () => {
  it.each([
    ['http://127.0.0.1:9', 'http://127.0.0.1:9/console/'],
    ['https://agents.example.com/base', 'https://agents.example.com/base/console/'],
    ['https://agents.example.com/base/', 'https://agents.example.com/base/console/'],
  ])('leads to the page of the server %s', async (address, page) => {
    await writeFile(file(), `AGENT_RUNTIME_URL='${address}'\n`, { mode: 0o600 });
    const child = spawn(process.execPath, [BIN, 'console'], { env: { PATH: '', DATA_DIR: folder } });
    expect(await text(child.stdout)).toBe(`${page}\n`);
  });
});

describe('A bridge without a setup, where there is no offline model', () => {
  let installed: string;
  let bridge: ChildProcess | undefined;

  beforeAll(async () => {
    installed = await mkdtemp(join(tmpdir(), 'installed-'));
    await installWithout('@copilotkit/aimock', installed);
  });
  afterEach(() => bridge?.kill('SIGKILL'));
  afterAll(() => rm(installed, { recursive: true, force: true }));

  /** Sends requests, and reads an answer to each. */
  async function ask(auth: object, env: Record<string, string> = {}) {
    bridge = spawn(process.execPath, [join(installed, 'dist/src/acp-cli.js')], {
      env: { PATH: process.env['PATH'], DATA_DIR: folder, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const requests = [
      ['initialize', { protocolVersion: 1, clientCapabilities: { auth } }],
      ['session/new', { cwd: dirname(folder), mcpServers: [] }],
    ] as const;
    requests.forEach(([method, params], id) =>
      bridge!.stdin!.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`),
    );
    const answers: { result?: { authMethods: unknown }; error?: object }[] = [];
    for await (const line of createInterface({ input: bridge.stdout! })) {
      if (answers.push(JSON.parse(line) as object) === requests.length) break;
    }
    return { authMethods: answers[0]!.result!.authMethods, error: answers[1]!.error };
  }

  it('asks for it, by a terminal where the editor has one', async () => {
    expect(await ask({ terminal: true })).toMatchObject({
      authMethods: [{ type: 'terminal', id: 'setup', args: ['acp', 'setup'] }],
      error: { code: -32_000, message: expect.stringContaining('agent-runtime acp setup') },
    });
    expect(await ask({})).toMatchObject({ authMethods: [], error: { code: -32_000 } });
  });

  it('takes what the environment says before the setup', async () => {
    await writeFile(file(), "AGENT_RUNTIME_URL='http://127.0.0.1:9'\n", { mode: 0o600 });
    expect(await ask({ terminal: true }, { AGENT_RUNTIME_URL: url })).toMatchObject({
      authMethods: [],
      error: { code: -32_000, message: expect.stringContaining('AGENT_RUNTIME_TOKEN') },
    });
  });
});
