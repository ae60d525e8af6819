/**
 * Plays an IDE for one session against the real server: `npm run demo`, with `-- --interactive` for a person who decides.
 * Needs no key, no database and no network.
 */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AgentRuntime, type Tools } from '@agent-runtime/client';
import { converse, recite } from './acts.ts';
import { Connection } from './connection.ts';
import { FILES, fill } from './playground.ts';
import { Screen, duration } from '../src/ide/screen.ts';
import { Server } from './server.ts';
import { tellWorkspace } from '../src/ide/tell-workspace.ts';
import { WorkspaceTools } from '../src/ide/workspace-tools.ts';

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

  const connection = new Connection((after) =>
    screen.note(`back again, with Last-Event-ID: ${after}. What was missed comes first:`),
  );
  const runtime = new AgentRuntime({ url, signal, fetch: connection.fetch });
  const tools = await WorkspaceTools.in(workspace, signal);
  const session = await runtime.sessions.create({
    title: 'Demo',
    builtin_tools: Object.keys(tools.byName) as (keyof Tools)[],
    file_hashes: true,
  });
  await tellWorkspace(runtime, session.id, {
    folder: workspace,
    ide: 'the demo',
    note: (text) => screen.note(text),
  });
  const stage = { runtime, connection, session, tools, screen, workspace, signal };
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
