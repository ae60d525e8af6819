import { spawnSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEYS } from '../support/server-process.js';
import { isLeftOut } from './support/chromium.js';
import { ConsoleStage } from './support/console-stage.js';
import { SECRET, tokenOf } from './support/token.js';

const signIn = async (page: Page, key: string) => {
  await page.getByLabel('Key or token').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
};

describe.skipIf(isLeftOut)('who may use the console', () => {
  let withKeys: ConsoleStage;
  let withTokens: ConsoleStage;
  beforeAll(async () => {
    withKeys = await ConsoleStage.start({ AUTH_MODE: 'api_key' });
    withTokens = await ConsoleStage.start({ AUTH_MODE: 'jwt', JWT_SECRET: SECRET });
  }, 60_000);
  afterAll(() => Promise.all([withKeys?.stop(), withTokens?.stop()]));
  afterEach(async () => {
    await Promise.all([withKeys.closePages(), withTokens.closePages()]);
    expect([...withKeys.faults.splice(0), ...withTokens.faults.splice(0)]).toEqual([]);
  });

  const keys = (...args: string[]) =>
    spawnSync(process.execPath, [...KEYS, ...args], {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: withKeys.database.url },
      encoding: 'utf8',
    });
  const newKey = () => {
    const { stdout: key, stderr: about } = keys('create', '--user', 'ada');
    return { key: key.trim(), id: /Key (\S+) of/.exec(about)![1]! };
  };

  it('asks for a key, refuses a wrong one, and keeps what was typed when it is revoked', async () => {
    const first = newKey();
    const page = await withKeys.open('/');
    await signIn(page, 'ar_wrong');
    await page.getByRole('alert').waitFor();
    await signIn(page, first.key);
    await page.getByText('Nothing waits for you.').waitFor();
    await page.getByRole('button', { name: 'New session' }).click();
    await page.getByLabel('Message', { exact: true }).fill('half a sentence');
    keys('revoke', first.id);
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await signIn(page, newKey().key);
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor({ state: 'detached' });
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('half a sentence');
  });

  it('signs in by the link of the command, and takes its token out of the address', async () => {
    const { key } = newKey();
    const context = await withKeys.context();
    const page = await context.newPage();
    await page.route('**/console/login', (route) => {
      expect(route.request().postDataJSON()).toEqual({ token: 'once' });
      return route.fulfill({ json: { key } });
    });
    await page.goto(`${withKeys.url}/console/#login=once`);
    await page.getByText('Nothing waits for you.').waitFor();
    expect(page.url()).toBe(`${withKeys.url}/console/`);
    expect(withKeys.faults.splice(0)).toEqual([]);
    await context.close();
  });

  it('asks for another token when one has expired, in the tab where it is kept alone', async () => {
    const page = await withTokens.open('/');
    await signIn(page, tokenOf('ada', 3));
    await page.getByText('Nothing waits for you.').waitFor();
    const other = await page.context().newPage();
    await other.goto(`${withTokens.url}/console/`);
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await signIn(page, tokenOf('ada', 60));
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor({ state: 'detached' });
  });
});
