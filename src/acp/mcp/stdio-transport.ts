import {
  type JSONRPCMessage,
  ReadBuffer,
  type Transport,
  serializeMessage,
} from '@modelcontextprotocol/client';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type Guarded, spawnGuarded } from '../../ide/guarded.js';
import { plain } from '../text.js';

/** From the end of its input on; a bridge that ends has half a second left. */
const SIGTERM_AFTER_MS = 150;
const SIGKILL_AFTER_MS = 350;
/** For what a server has written just before it has ended, if another process holds its output open. */
const LAST_WORDS_MS = 200;
/** For the end of a server that no longer reads its input: it says more than the error of the write. */
const END_MS = 2_000;
/** In characters of what a server says on standard error. */
const KEPT_ERRORS = 2_000;
const SHOWN_ERROR = 300;

/** What is started as a server. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/**
 * A server on standard input and output, which leads a process group: it ends with all that it has started. The transport of
 * the MCP package would end its own process alone.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #program: Program;
  readonly #buffer = new ReadBuffer();
  #running: Guarded | undefined;
  #ended: Promise<void> = Promise.resolve();
  #errors = '';

  constructor(program: Program) {
    this.#program = program;
  }

  /** Why a server has ended, in words for people. */
  get end(): string {
    const { exitCode, signalCode } = this.#running?.child ?? {};
    const last = plain(this.#errors).trim().split('\n').at(-1)?.trim().slice(0, SHOWN_ERROR);
    return `${signalCode ?? `exit code ${exitCode}`}${last ? `: ${last}` : ''}`;
  }

  /** @throws where the folder is not there; a program that is not there ends at once */
  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#program;
    const running = spawnGuarded(command, args, { cwd, env, stdin: 'pipe' });
    const { child } = running;
    const { stdin, stdout, stderr } = child;
    const failed = (error: Error) => this.onerror?.(error);
    for (const emitter of [child, stdin, stdout, stderr]) emitter!.on('error', failed);
    await once(child, 'spawn');
    this.#running = running;
    this.#ended = this.#untilEnd(running);
    stdout!.on('data', (chunk: Buffer) => this.#read(chunk));
    stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-KEPT_ERRORS);
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#running?.child.stdin;
    if (!stdin?.writable) throw new Error('The server has ended');
    const error = await new Promise<unknown>((written) => stdin.write(serializeMessage(message), written));
    if (!error) return;
    await Promise.race([this.#ended, pause(END_MS)]);
    throw error;
  }

  async close(): Promise<void> {
    if (!this.#running) return;
    const running = this.#running;
    const { child } = running;
    child.stdin!.end();
    const timers = [
      setTimeout(() => child.kill('SIGTERM'), SIGTERM_AFTER_MS),
      setTimeout(() => running.kill(), SIGKILL_AFTER_MS),
    ];
    await this.#ended;
    for (const timer of timers) clearTimeout(timer);
  }

  async #untilEnd(running: Guarded): Promise<void> {
    const { child } = running;
    const isRead = Promise.all([child.stdout!, child.stderr!].map((stream) => once(stream, 'close')));
    await once(child, 'exit');
    running.kill(); // what the server has started
    await Promise.race([isRead, pause(LAST_WORDS_MS)]);
    this.onclose?.();
  }

  #read(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk);
    } catch (error) {
      this.onerror?.(error as Error); // a message of more than 10 MB
      this.#running?.kill();
      return;
    }
    for (;;) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) return;
        this.onmessage?.(message);
      } catch (error) {
        this.onerror?.(error as Error); // a line that is no message
      }
    }
  }
}
