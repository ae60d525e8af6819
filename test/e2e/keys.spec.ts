import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';

const KEYS = join(fileURLToPath(new URL('../..', import.meta.url)), 'dist/src/keys-cli.js');

// Each call is a process that loads everything and looks whether the migrations have run.
describe('npm run keys', { timeout: 120_000 }, () => {
  let database: TestDatabase;
  let model: ScriptedModel;
  let server: ServerProcess;

  /** What the command writes, and how it ends. */
  const keys = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = { PATH: process.env['PATH'] ?? '', DATABASE_URL: database.url };
      const child = execFile(process.execPath, [KEYS, ...args], { env }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });

  beforeAll(async () => {
    [database, model] = [await TestDatabase.create(), await ScriptedModel.start()];
    server = await ServerProcess.start({
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      HOST: '0.0.0.0',
      AUTH_MODE: 'api_key',
    });
  });
  afterAll(async () => {
    await server.stop();
    await model.stop();
    await database.drop();
  });

  it('makes a key that a server knows at once, lists it without telling it, and revokes it', async () => {
    expect(server.lines[0]).toContain('auth: api_key');
    const created = await keys('create', '--user', 'alice', '--name', 'laptop\nbob');
    expect(created.code).toBe(0);
    const secret = created.stdout.trim();
    expect(secret).toMatch(/^ar_[\w-]{43}$/);
    const alice = server.client.with({ authorization: `Bearer ${secret}` });
    expect((await alice.get('/v1/sessions')).status).toBe(200);

    const listed = await keys('list', '--user', 'alice');
    expect(listed.stdout.trim().split('\n')).toEqual([
      expect.stringMatching(
        new RegExp(`^[0-9a-f-]{36}  "alice"  ${secret.slice(0, 9)}…  .*  valid  "laptop`),
      ),
    ]);
    expect(listed.stdout).not.toContain(secret);
    expect((await keys('list', '--user', 'bob')).stdout).toBe('');

    const [id] = listed.stdout.split(' ') as [string];
    expect((await keys('revoke', id)).code).toBe(0);
    expect((await alice.get('/v1/sessions')).status).toBe(401);
    expect((await keys('list')).stdout).toContain('revoked');
    expect(await keys('revoke', id)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no key'),
    });
    expect(server.lines.join('\n') + server.errors).not.toContain(secret);
  });

  it.each([
    [['create']],
    [['create', '--user', '']],
    [['create', '--user', 'runtime']],
    [['create', '--user', 'a', '--nmae', 'b']],
    [['revoke']],
    [['revoke', 'nonsense']],
    [['delete', 'x']],
    [[]],
  ])('says what is wrong with %j, and does nothing', async (args) => {
    const count = () => database.rows('select count(*) from api_keys');
    const before = await count();
    const { code, stdout, stderr } = await keys(...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/usage|user|no key/);
    expect(stderr).not.toMatch(/ at .*:\d+/); // no stack
    expect(await count()).toEqual(before);
  });
});
