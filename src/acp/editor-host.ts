import type { AgentContext, ClientCapabilities } from '@agentclientprotocol/sdk';
import { methods } from '@agentclientprotocol/sdk';
import type { ToolContext } from '#client';
import { textOf } from '#client/edit';
import { stat } from 'node:fs/promises';
import { type Host, localHost, nothingThere } from '../ide/host.js';
import type { CommandResult } from '../ide/run-command.js';

const MAX_OUTPUT_BYTES = 20_000;
/** The system takes the time of a file from a clock that ticks, on Linux every 10 ms at most: it may be that much too early. */
const TICK_MS = 10;

/** The editor, as far as it lends its files and terminals. */
export interface Editor {
  readonly client: AgentContext;
  readonly capabilities: ClientCapabilities;
  readonly sessionId: string;
  /** Told the terminal in which a call is executed. */
  readonly onTerminal: (callId: string, terminalId: string) => void;
}

/** What the editor has in the place of disk and shell: text that is typed and not saved, its review of changes, its terminals. */
export function editorHost(editor: Editor, signal: AbortSignal): Partial<Host> {
  const { fs, terminal } = editor.capabilities;
  const commands = new Commands();
  return {
    ...(fs?.readTextFile && { read: readerOf(editor, localHost(signal), commands) }),
    ...(fs?.writeTextFile && {
      write: async (path: string, content: string) => {
        await editor.client.request(methods.client.fs.writeTextFile, {
          sessionId: editor.sessionId,
          path,
          content,
        });
      },
    }),
    run: (command, cwd, timeoutMs, context) =>
      commands.during(() =>
        terminal
          ? runInTerminal(editor, { command, cwd, timeoutMs, context, signal })
          : localHost(signal).run(command, cwd, timeoutMs, context),
      ),
  };
}

/** Remembers when commands were at work: what they have written an editor may not have read yet. */
class Commands {
  readonly #spans: { from: number; to: number }[] = [];

  async during<T>(work: () => Promise<T>): Promise<T> {
    const span = { from: Date.now() - TICK_MS, to: Infinity };
    this.#spans.push(span);
    try {
      return await work();
    } finally {
      span.to = Date.now();
    }
  }

  /** @param mtimeMs when a file was changed last */
  mayHaveWritten(mtimeMs: number): boolean {
    return this.#spans.some(({ from, to }) => mtimeMs >= from && mtimeMs <= to);
  }
}

function readerOf({ client, sessionId }: Editor, disk: Host, commands: Commands): Host['read'] {
  return async (path) => {
    // Editors answer an empty text for a file that is not there, and any text for one that is none.
    const found = await stat(path).catch(nothingThere);
    const bytes = found && (await disk.read(path));
    if (!bytes || textOf(bytes) === undefined || commands.mayHaveWritten(found.mtimeMs)) return bytes;
    const { content } = await client.request(methods.client.fs.readTextFile, { sessionId, path });
    return new TextEncoder().encode(content);
  };
}

interface Execution {
  readonly command: string;
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly context: ToolContext;
  readonly signal: AbortSignal;
}

async function runInTerminal(editor: Editor, execution: Execution): Promise<CommandResult> {
  const { command, cwd, timeoutMs, context } = execution;
  const timeUp = AbortSignal.timeout(timeoutMs);
  const over = AbortSignal.any([execution.signal, context.signal, timeUp]);
  over.throwIfAborted();
  await using terminal = await editor.client.createTerminal({
    ...{ sessionId: editor.sessionId, command: '/bin/sh', args: ['-c', command], cwd },
    outputByteLimit: MAX_OUTPUT_BYTES,
  });
  editor.onTerminal(context.call.call_id, terminal.id);
  const kill = () => void terminal.kill().catch(() => undefined); // it has ended meanwhile
  over.addEventListener('abort', kill);
  if (over.aborted) kill();
  try {
    const { exitCode } = await terminal.waitForExit();
    const { output, truncated } = await terminal.currentOutput();
    return {
      exit_code: exitCode ?? null,
      stdout: truncated ? `(the end of a longer output)\n${output}` : output,
      stderr: '',
      ...(timeUp.aborted && { timed_out: true as const }),
    };
  } finally {
    over.removeEventListener('abort', kill);
  }
}
