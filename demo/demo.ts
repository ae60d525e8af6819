/** Plays an IDE for one session against the real server: `npm run demo`. Needs no key, no database and no network. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { IdeClient } from './ide-client.ts';
import { Ide } from './ide.ts';
import { runCommand } from './run-command.ts';
import { Screen, duration } from './screen.ts';
import { Server } from './server.ts';
import { WorkspaceTools } from './workspace-tools.ts';

const TIME_LIMIT_MS = 120_000;
const COMMAND_LIMIT_MS = 10_000;

const GREETING = 'Hello from the agent';
const WANTED = 'src/hello.js';
const FILES: Readonly<Record<string, string>> = {
  'README.md': '# Playground\n\nSmall scripts, run with `node src/<name>.js`.\n',
  'package.json': '{ "name": "playground", "private": true, "type": "module" }\n',
  'src/clock.js': "const now = new Date();\n\nconsole.log('It is', now.toISOString());\n",
};

const screen = new Screen();
const quit = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => quit.abort(new Error(`Stopped by ${name}`)));
}
setTimeout(
  () => quit.abort(new Error(`The demo did not end within ${duration(TIME_LIMIT_MS)}`)),
  TIME_LIMIT_MS,
).unref();

async function play(signal: AbortSignal): Promise<boolean> {
  const startedAt = performance.now();
  screen.title('agent-runtime: an IDE gives two tasks, the agents do them with the IDE’s own tools');

  await using folder = await mkdtempDisposable(join(tmpdir(), 'agent-runtime-demo-'));
  const workspace = join(folder.path, 'workspace');
  await fill(workspace);

  await using server = await Server.start(join(folder.path, 'data'), signal);
  server.died.catch((error: unknown) => quit.abort(error));
  const { url, model, database } = server.greeting;
  screen.fact('server', `${url}, ready after ${duration(performance.now() - startedAt)}`);
  screen.fact('model', model);
  screen.fact('database', database);
  screen.fact('workspace', `${workspace}: ${Object.keys(FILES).join(', ')}`);

  const client = new IdeClient(url, signal);
  const session = await client.createSession('Demo');
  const ide = new Ide(client, session, await WorkspaceTools.in(workspace, signal), screen);

  await ide.ask(`Create ${WANTED} that prints "${GREETING}", and run it.`);
  await ide.ask(`Explain what ${WANTED} does.`, { leaveAfter: 150 });

  screen.title('\nWhat is left of it');
  const messages = await client.messages(session.id);
  const runs = await client.runs(session.id);
  const fault = await faultOf(workspace, signal);
  const unfinished = runs.filter((run) => run.status !== 'completed');
  const differences = ide.transcript.differencesFrom(messages);
  const wrong = [
    ...(fault ? [fault] : []),
    ...(runs.length === 2 ? [] : [`there are ${runs.length} runs instead of 2`]),
    ...unfinished.map((run) => `run ${run.id} is ${run.status}`),
    ...differences,
  ];
  if (!fault) screen.passed(`${WANTED} is on disk, and prints “${GREETING}”`);
  if (unfinished.length === 0) screen.passed(`${runs.length} runs, all completed`);
  if (differences.length === 0) screen.passed(`${messages.length} messages stored, as they were streamed`);
  for (const line of wrong) screen.failed(line);
  screen.fact('total', duration(performance.now() - startedAt));
  return wrong.length === 0;
}

async function fill(workspace: string): Promise<void> {
  for (const [path, content] of Object.entries(FILES)) {
    const file = join(workspace, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** What is wrong with the file that was asked for: it is believed when it runs. */
async function faultOf(workspace: string, signal: AbortSignal): Promise<string | undefined> {
  if (!existsSync(join(workspace, WANTED))) return `${WANTED} is not on disk`;
  const ended = await runCommand(`node ${WANTED}`, workspace, COMMAND_LIMIT_MS, signal);
  if (ended.exit_code === 0 && ended.stdout.trim() === GREETING) return undefined;
  return `node ${WANTED} should print “${GREETING}”, but: ${JSON.stringify(ended)}`;
}

try {
  process.exitCode = (await play(quit.signal)) ? 0 : 1;
} catch (error) {
  const reason: unknown = quit.signal.aborted ? quit.signal.reason : error;
  screen.failed(reason instanceof Error ? reason.message : String(reason));
  process.exitCode = 1;
}
