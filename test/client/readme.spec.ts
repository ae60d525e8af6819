import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { ServerProcess } from '../support/server-process.js';

const EXAMPLE = /^```js\n([^]*?)^```$/gm;
const ADDRESS = 'http://127.0.0.1:3000';

describe('the examples in the README of the client library', () => {
  let examples: string[];
  let database: TestDatabase;
  let server: ServerProcess;
  let folder: string;

  beforeAll(async () => {
    examples = [...(await readFile('packages/client/README.md', 'utf8')).matchAll(EXAMPLE)].map(
      ([, code]) => code!,
    );
    database = await TestDatabase.create();
    server = await ServerProcess.start({ DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await server?.stop('SIGKILL');
    await database?.drop();
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'client-readme-'));
    await mkdir(join(folder, 'node_modules/@agent-runtime'), { recursive: true });
    await symlink(resolve('packages/client'), join(folder, 'node_modules/@agent-runtime/client'));
    return () => rm(folder, { recursive: true, force: true });
  });

  /** Runs one as it stands, but for the address; @returns what it prints */
  const play = async (number: number, ...args: string[]): Promise<string> => {
    const code = examples[number]!.replace(ADDRESS, server.client.url);
    expect(code).not.toContain(ADDRESS);
    await writeFile(join(folder, 'example.mjs'), code);
    const child: ChildProcess = execFile(process.execPath, ['--conditions=source', 'example.mjs', ...args], {
      cwd: folder,
    });
    const printed = Promise.all([text(child.stdout!), text(child.stderr!)]);
    const [exitCode] = (await once(child, 'exit')) as [number];
    const [out, errors] = await printed;
    expect(exitCode, errors).toBe(0);
    return out;
  };

  it('are three', () => {
    expect(examples).toHaveLength(3);
  });

  it('show an answer, and not the question', async () => {
    expect(await play(0)).toMatch(/^(?!What is a lease\?)\S[^]*\n\[completed, \d+ tokens\]\n$/);
  });

  it('lend tools, and decide', async () => {
    expect(await play(1)).toContain('write_file hello.txt');
    expect(await readFile(join(folder, 'hello.txt'), 'utf8')).toMatch(/hello/i);
  });

  it('go on after a restart, and know the calls that were begun before it', async () => {
    const { client } = server;
    const sessionId = await client.openSession({ agent: 'ask' });
    await client.ask(sessionId, 'Read hello.txt and tell me what it says');
    expect(await play(2, sessionId)).toBe('The run is completed\n');
    expect(await readFile(join(folder, 'calls.txt'), 'utf8')).toMatch(/^\S+\n/);
    expect(await play(2, sessionId)).toBe('No run was active\n');
  });
});
