import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const COMMANDS = ['serve', 'worker', 'acp', 'hands', 'console', 'migrate', 'keys'];

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `npm pack` makes, installed in an empty folder as a user would. */
describe('the packed tarball', () => {
  let folder: string;
  let app: string;
  let env: NodeJS.ProcessEnv;
  let server: ChildProcess | undefined;

  const bin = () => join(app, 'node_modules/.bin/agent-runtime');
  const agentRuntime = (...args: string[]): Promise<Ended> =>
    run(process.execPath, [bin(), ...args], { env, cwd: app }).then(
      (output) => ({ code: 0, ...output }),
      (error: unknown) => error as Ended,
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-package-'));
    app = join(folder, 'app');
    await mkdir(app);
    await writeFile(join(app, 'package.json'), '{ "name": "app", "private": true }');
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
    const tarball = join(folder, /agent-runtime-[\w.]+\.tgz/.exec(stdout)![0]);
    await run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: app });
    env = {
      PATH: process.env['PATH'],
      HOME: folder,
      DATA_DIR: join(folder, 'data'),
      PORT: '0',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      LOG_FORMAT: 'json',
    };
  });
  afterAll(async () => {
    if (server?.kill('SIGTERM')) await once(server, 'exit');
    await rm(folder, { recursive: true, force: true });
  });

  it('has neither sources nor tests, and names no other package of the project', async () => {
    const shipped = await readdir(join(app, 'node_modules/agent-runtime'));
    expect(shipped.toSorted()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'console', 'dist', 'package.json'].toSorted(),
    );
    const lock = await readFile(join(app, 'package-lock.json'), 'utf8');
    expect(lock).not.toContain('@agent-runtime/');
  });

  it('has commands that tell their usage, and refuse what they do not know', async () => {
    const overview = await agentRuntime('--help');
    expect(overview).toMatchObject({ code: 0, stderr: '' });
    expect(await agentRuntime('--version')).toMatchObject({ code: 0, stdout: '0.1.0\n' });
    for (const command of COMMANDS) {
      expect(overview.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
      const help = await agentRuntime(command, '--help');
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`usage: agent-runtime ${command}`);
      const refused = await agentRuntime(command, '--unheard-of');
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(/Unknown option '--unheard-of'[^]*usage: agent-runtime/);
    }
    for (const args of [[], ['__proto__'], ['server']]) {
      expect(await agentRuntime(...args)).toMatchObject({ code: 1, stdout: '' });
    }
  });

  it('serves the API and the console, with a database of its own', async () => {
    server = spawn(process.execPath, [bin(), 'serve'], {
      env,
      cwd: app,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: server.stdout! });
    let url: string | undefined;
    for await (const line of lines) if ((url = /Swagger UI at (\S+)\/docs/.exec(line)?.[1])) break;
    server.stdout!.resume();
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${url}/console/`)).text()).toContain('<script');
    const created = await fetch(`${url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(created.status).toBe(201);
    expect((await agentRuntime('keys', 'create', '--user', 'alice')).stdout).toMatch(/^ar_/);
  });

  it('is refused by a Node that is too old, which is told the version it needs', async () => {
    const file = join(app, 'node_modules/agent-runtime/package.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('">=22.14.0"', '">=99.1.0"'));
    const refused = await agentRuntime('--version');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('needs Node 99.1.0 or newer');
    await writeFile(file, text);
  });
});
