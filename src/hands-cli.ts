import { addAbortSignal } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { AgentRuntime, type Outcome, Problem } from '#client';
import { openAccess } from './access/open-access.js';
import { readCommandLine } from './command-line.js';
import { lendTo } from './hands/lend-to.js';
import { OPTIONS, USAGE, checkOptions } from './hands/options.js';
import { openSessions } from './hands/open-sessions.js';
import { runTask } from './hands/run-task.js';
import { unlessAborted } from './ide/unless-aborted.ts';
import { WorkspaceTools } from './ide/workspace-tools.js';

const EXIT_CODES: Record<Outcome['status'], number> = {
  completed: 0,
  failed: 1,
  interrupted: 1,
  model_call_limit: 3,
  cancelled: 130,
};

/** The first signal cancels what runs; the second one leaves. */
const cancel = new AbortController();
const quit = new AbortController();
const interrupt = () => (cancel.signal.aborted ? quit : cancel).abort(new Error('Stopped'));

/** @returns the exit code */
async function main(): Promise<number> {
  const { values } = readCommandLine(USAGE, OPTIONS);
  const options = checkOptions(values, process.stdin.isTTY && process.stdout.isTTY);
  const runtime = new AgentRuntime({
    ...openAccess(process.env, options.url),
    signal: quit.signal,
    onRetry: ({ request, error }) => console.error(`${request} is tried again: ${reasonOf(error)}`),
  });
  const { byName: tools } = await WorkspaceTools.in(options.workspace, quit.signal);
  const opening = openSessions(runtime, options, tools);
  const sessionIds = await unlessAborted(opening, cancel.signal); // nothing is there to cancel yet
  const stage = { runtime, tools, options, cancel: cancel.signal, quit: quit.signal, interrupt };
  if (options.task === undefined) {
    await lendTo(sessionIds, stage);
    return 0;
  }
  const text =
    options.task === '-' ? await readAll(addAbortSignal(cancel.signal, process.stdin)) : options.task;
  const { status } = await runTask(sessionIds[0]!, text, stage);
  return EXIT_CODES[status];
}

/** In words for a person. */
function reasonOf(error: unknown): string {
  if (error instanceof Problem) {
    const fields = error.errors.map(({ field, message }) => `\n  ${field} ${message}`);
    return `${error.message}${fields.join('')}`;
  }
  if (!(error instanceof Error)) return 'the stream has ended';
  const { message, cause } = error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupt);
// What reads the events or the progress has gone, as `head` does: the run is cancelled.
process.stdout.on('error', () => cancel.abort(new Error('Standard output is closed')));
process.stderr.on('error', () => undefined); // nothing can be said there any more
try {
  process.exitCode = await main();
} catch (error) {
  console.error(reasonOf(error));
  process.exitCode = cancel.signal.aborted ? EXIT_CODES.cancelled : 1;
} finally {
  // Ends commands and streams that are left.
  quit.abort(new Error('Over'));
}
