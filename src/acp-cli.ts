/** Speaks the Agent Client Protocol on standard input and output, as a client of a server: docs/editors.md. */
import { readFile } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { MessageTooLargeError, ndJsonStream } from '@agentclientprotocol/sdk';
import { AgentRuntime } from '#client';
import { type Access, UrlInvalid, openAccess } from './access/open-access.js';
import { dataFolder } from './access/data-folder.js';
import { openPrivateLog } from './access/private-file.js';
import { agentApp } from './acp/agent-app.js';
import { withoutSecrets } from './acp/mcp/secrets.js';
import { OpenSessions } from './acp/open-sessions.js';
import { Wire, type WireLog } from './acp/wire.js';
import { readCommandLine, refuseCommandLine } from './command-line.js';

const USAGE = `usage: agent-runtime acp [--log-file FILE]
       agent-runtime acp setup   asks for a model or a server, and stores the answer

Connects an editor with agents: it speaks the Agent Client Protocol on standard input and output.

AGENT_RUNTIME_URL     the server, such as http://127.0.0.1:3000. If unset: the server chosen by acp setup, or your own
                      server, which is started when needed
AGENT_RUNTIME_TOKEN   a key or token for the server, if it needs one
DATA_DIR              the folder of your own server
--log-file            writes each message, with its whole content, as one line to FILE`;

const EXIT_LIMIT_MS = 500;

interface Settings {
  readonly access: Access;
  readonly logFile: string | undefined;
}

function settings(): Settings | 'setup' {
  const options = { 'log-file': { type: 'string' } } as const;
  const { values, positionals } = readCommandLine(USAGE, options, { allowPositionals: true });
  // Editors append what they are told to what starts the bridge, or put it in its place.
  if (/^(acp )?setup$/.test(positionals.join(' '))) return 'setup';
  if (positionals.length > 0) refuseCommandLine(`There is no ${positionals.join(' ')}\n${USAGE}`);
  try {
    return { access: openAccess(process.env), logFile: values['log-file'] };
  } catch (error) {
    if (!(error instanceof UrlInvalid)) throw error;
    return refuseCommandLine(`${error.message}\n${USAGE}`);
  }
}

const sayUnwritable = (error: Error): void => console.error(`The log cannot be written: ${error.message}`);

/** @returns undefined where there can be none, which ends no session of an editor */
async function logTo(path: string): Promise<WireLog | undefined> {
  const file = await openPrivateLog(path, true).catch(sayUnwritable);
  if (!file) return undefined;
  const log = file.createWriteStream();
  log.on('error', sayUnwritable);
  return (from, message) => {
    const entry = { at: new Date().toISOString(), from, message: withoutSecrets(message) };
    log.write(`${JSON.stringify(entry)}\n`);
  };
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function version(): Promise<string> {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}

async function serve({ access, logFile }: Settings): Promise<void> {
  const quit = new AbortController();
  // Nothing but the protocol may come on standard output; packages use the console as they like.
  console.log = console.info = console.debug = console.error;
  const stream = ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin));
  const wire = new Wire(stream, logFile === undefined ? undefined : await logTo(logFile));
  const runtime = new AgentRuntime({
    ...access,
    signal: quit.signal,
    onRetry: ({ request, error, pause }) =>
      console.error(`${request} again in ${Math.round(pause)} ms: ${error ? reasonOf(error) : 'it ended'}`),
  });
  const ownVersion = await version();
  const sessions = new OpenSessions({
    runtime,
    wire,
    version: ownVersion,
    env: process.env,
    signal: quit.signal,
  });
  const canBeSetUp = access.fetch !== undefined;
  const connection = agentApp(sessions, ownVersion, canBeSetUp).connect(wire.stream);
  sessions.watch();
  process.stdout.on('error', () => connection.close()); // the editor is gone
  process.stderr.on('error', () => undefined); // an editor may have closed it, and has no use for what is written there
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => connection.close());
  await connection.closed;
  const { reason } = connection.signal;
  if (reason instanceof MessageTooLargeError) {
    console.error(reason.message);
    process.exitCode = 1;
  }
  // Commands end with it; the run goes on without this editor.
  quit.abort();
  setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref();
}

async function setUp(): Promise<void> {
  const { setUp: ask } = await import('./access/set-up.js');
  await ask(dataFolder(process.env)).catch((error: unknown) => {
    console.error(reasonOf(error));
    process.exitCode = 1;
  });
}

try {
  const given = settings();
  if (given === 'setup') await setUp();
  else await serve(given);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
