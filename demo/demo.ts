/**
 * Plays an IDE for one session against the real server: `npm run demo`, with `-- --interactive` for a person who decides.
 * Needs no key, no database and no network.
 */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { converse, recite } from './acts.ts';
import { IdeClient } from './ide-client.ts';
import { FILES, fill } from './playground.ts';
import { Screen, duration } from './screen.ts';
import { Server } from './server.ts';
import { WorkspaceTools } from './workspace-tools.ts';

const TIME_LIMIT_MS = 120_000;

const screen = new Screen();
const quit = new AbortController();
const interrupt = (name: string) => quit.abort(new Error(`Stopped by ${name}`));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupt);

function limitTime(): void {
  setTimeout(
    () => quit.abort(new Error(`The demo did not end within ${duration(TIME_LIMIT_MS)}`)),
    TIME_LIMIT_MS,
  ).unref();
}

async function play(interactive: boolean, signal: AbortSignal): Promise<boolean> {
  const startedAt = performance.now();
  screen.title('agent-runtime: agents plan, a human decides, an IDE lends its tools');

  await using folder = await mkdtempDisposable(join(tmpdir(), 'agent-runtime-demo-'));
  const workspace = join(folder.path, 'workspace');
  await fill(workspace);

  await using server = await Server.start(join(folder.path, 'data'), signal);
  server.died.catch((error: unknown) => quit.abort(error));
  const { url, model, database, jobs } = server.greeting;
  screen.fact('server', `${url}, ready after ${duration(performance.now() - startedAt)}`);
  screen.fact('model', model);
  screen.fact('database', database);
  screen.fact('jobs', jobs);
  screen.fact('workspace', `${workspace}: ${Object.keys(FILES).join(', ')}`);

  const client = new IdeClient(url, signal);
  const session = await client.createSession('Demo');
  const tools = await WorkspaceTools.in(workspace, signal);
  const stage = { client, session, tools, screen, workspace, signal };
  const findings = await (interactive ? converse(stage, () => interrupt('SIGINT')) : recite(stage));

  screen.title('\nWhat is left of it');
  for (const { passed, faults } of findings) {
    if (faults.length === 0) screen.passed(passed);
    for (const fault of faults) screen.failed(fault);
  }
  screen.fact('total', duration(performance.now() - startedAt));
  return findings.every(({ faults }) => faults.length === 0);
}

try {
  const { values } = parseArgs({ options: { interactive: { type: 'boolean', default: false } } });
  if (!values.interactive) limitTime();
  process.exitCode = (await play(values.interactive, quit.signal)) ? 0 : 1;
} catch (error) {
  const reason: unknown = quit.signal.aborted ? quit.signal.reason : error;
  screen.failed(reason instanceof Error ? reason.message : String(reason));
  process.exitCode = 1;
}
