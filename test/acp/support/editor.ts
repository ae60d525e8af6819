import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable, Writable } from 'node:stream';
import {
  type AnyMessage,
  type ClientCapabilities,
  type ClientContext,
  type ContentBlock,
  type CreateElicitationRequest,
  type CreateElicitationResponse,
  type McpServer,
  type RequestPermissionRequest,
  type SessionUpdate,
  client,
  methods,
  ndJsonStream,
} from '@agentclientprotocol/sdk';
import { expect } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { type Entry, faultsIn } from './wire-check.js';

const COMMAND = resolve('dist/src/acp-cli.js');

export const FULL: ClientCapabilities = {
  fs: { readTextFile: true, writeTextFile: true },
  terminal: true,
  elicitation: { form: {} },
};

/** The id of an option; undefined = the dialog is dismissed. */
type Choose = (request: RequestPermissionRequest) => string | undefined | Promise<string | undefined>;

interface Terminal {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  output: string;
}

/** An editor with a bridge of its own, over pipes, as real ones start it. */
export class Editor {
  readonly wire: Entry[] = [];
  readonly permissions: RequestPermissionRequest[] = [];
  /** What is typed in the editor and not saved, by absolute path. */
  readonly buffers = new Map<string, string>();
  /** Paths that were written through the editor. */
  readonly written: string[] = [];
  choose: Choose = ({ options }) => options.find(({ kind }) => kind === 'allow_once')?.optionId;
  /** Whether a question that is taken back is answered as cancelled. */
  closesDialogs = true;
  elicit: (request: CreateElicitationRequest) => CreateElicitationResponse = () => ({ action: 'cancel' });
  /** What `fs/read_text_file` reads. */
  readFile = async (path: string): Promise<string> =>
    this.buffers.get(path) ?? (await readFile(path, 'utf8').catch(() => ''));
  errors = '';
  readonly #child: ChildProcess;
  readonly #agent: ClientContext;
  readonly #terminals = new Map<string, Terminal>();
  readonly exited: Promise<{ code: number | null; signal: string | null }>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as never);
    child.stderr!.on('data', (data: Buffer) => (this.errors += data.toString()));
    const inner = ndJsonStream(
      Writable.toWeb(child.stdin!),
      Readable.toWeb(child.stdout!) as ReadableStream<Uint8Array>,
    );
    const writer = inner.writable.getWriter();
    const note = (from: Entry['from'], message: AnyMessage) =>
      this.wire.push({ from, message: message as Entry['message'] });
    const stream = {
      readable: inner.readable.pipeThrough(
        new TransformStream<AnyMessage, AnyMessage>({
          transform: (message, controller) => {
            note('agent', message);
            controller.enqueue(message);
          },
        }),
      ),
      writable: new WritableStream<AnyMessage>({
        write: (message) => {
          note('editor', message);
          return writer.write(message);
        },
      }),
    };
    this.#agent = this.#app().connect(stream).agent;
  }

  static spawn(env: Record<string, string>, args: readonly string[] = []): ChildProcess {
    const { PATH = '', HOME = '' } = process.env;
    return spawn(process.execPath, [COMMAND, ...args], { env: { PATH, HOME, ...env } });
  }

  static async start(
    url: string,
    capabilities: ClientCapabilities = {},
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<Editor> {
    const editor = new Editor(Editor.spawn({ AGENT_RUNTIME_URL: url, ...env }, args));
    await editor.#agent.request(methods.agent.initialize, {
      protocolVersion: 1,
      clientCapabilities: capabilities,
    });
    return editor;
  }

  get agent(): ClientContext {
    return this.#agent;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async open(
    cwd: string,
    mode = 'coder',
    mcpServers: McpServer[] = [],
    additionalDirectories: string[] = [],
  ): Promise<string> {
    const { sessionId } = await this.#agent.request(methods.agent.session.new, {
      ...{ cwd, mcpServers, additionalDirectories },
    });
    if (mode !== 'auto') {
      await this.#agent.request(methods.agent.session.setMode, { sessionId, modeId: mode });
    }
    return sessionId;
  }

  async load(sessionId: string, cwd: string, mcpServers: McpServer[] = []): Promise<void> {
    await this.#agent.request(methods.agent.session.load, { sessionId, cwd, mcpServers });
  }

  /** @returns why the turn has ended */
  async prompt(sessionId: string, prompt: string | ContentBlock[]): Promise<string> {
    const blocks: ContentBlock[] = typeof prompt === 'string' ? [{ type: 'text', text: prompt }] : prompt;
    const { stopReason } = await this.#agent.request(methods.agent.session.prompt, {
      sessionId,
      prompt: blocks,
    });
    return stopReason;
  }

  async cancel(sessionId: string): Promise<void> {
    await this.#agent.notify(methods.agent.session.cancel, { sessionId });
  }

  updates<Kind extends SessionUpdate['sessionUpdate']>(
    kind: Kind,
  ): Extract<SessionUpdate, { sessionUpdate: Kind }>[] {
    return this.wire.flatMap(({ message }) => {
      const update = message.method === 'session/update' && (message.params!.update as SessionUpdate);
      return update && update.sessionUpdate === kind ? [update as never] : [];
    });
  }

  /** The parameters of what the agent has asked for by a method. */
  sent(method: string): unknown[] {
    return this.wire.flatMap(({ from, message }) =>
      from === 'agent' && message.method === method ? [message.params] : [],
    );
  }

  /** All that agents have said. */
  get text(): string {
    return this.updates('agent_message_chunk')
      .map(({ content }) => (content.type === 'text' ? content.text : ''))
      .join('');
  }

  /** Waits until something was said, or shown, that fits. */
  async sees(part: string): Promise<void> {
    await eventually(() => expect(JSON.stringify(this.wire)).toContain(part));
  }

  async asked(count = 1): Promise<void> {
    await eventually(() => expect(this.permissions).toHaveLength(count));
  }

  closeInput(): void {
    this.#child.stdin!.end();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends its input, as an editor that is closed, and looks at all that was said on the wire. */
  async close(): Promise<void> {
    this.closeInput();
    await this.exited;
    expect(faultsIn(this.wire)).toEqual([]);
  }

  #app() {
    return client({ name: 'test editor' })
      .onRequest(methods.client.session.requestPermission, async ({ params, signal }) => {
        this.permissions.push(params);
        const closed = new Promise<undefined>((done) =>
          signal.addEventListener('abort', () => this.closesDialogs && done(undefined)),
        );
        const optionId = await Promise.race([this.choose(params), closed]);
        return { outcome: optionId ? { outcome: 'selected', optionId } : { outcome: 'cancelled' } };
      })
      .onRequest(methods.client.elicitation.create, ({ params }) => this.elicit(params))
      .onRequest(methods.client.fs.readTextFile, async ({ params: { path } }) => ({
        content: await this.readFile(path),
      }))
      .onRequest(methods.client.fs.writeTextFile, async ({ params: { path, content } }) => {
        this.written.push(path);
        this.buffers.delete(path);
        await writeFile(path, content);
        return {};
      })
      .onRequest(methods.client.terminal.create, ({ params }) => {
        const { command, args = [], cwd } = params;
        const child = spawn(command, args, { cwd: cwd ?? undefined, stdio: ['ignore', 'pipe', 'pipe'] });
        const terminal = { child, exited: once(child, 'close'), output: '' };
        const collect = (data: Buffer) => (terminal.output += data.toString());
        child.stdout.on('data', collect);
        child.stderr.on('data', collect);
        const terminalId = `terminal ${this.#terminals.size + 1}`;
        this.#terminals.set(terminalId, terminal);
        return { terminalId };
      })
      .onRequest(methods.client.terminal.waitForExit, async ({ params }) => {
        const { child, exited } = this.#terminals.get(params.terminalId)!;
        await exited;
        return { exitCode: child.exitCode, signal: child.signalCode };
      })
      .onRequest(methods.client.terminal.output, ({ params }) => ({
        output: this.#terminals.get(params.terminalId)!.output,
        truncated: false,
      }))
      .onRequest(methods.client.terminal.kill, ({ params }) => {
        this.#terminals.get(params.terminalId)!.child.kill('SIGKILL');
        return {};
      })
      .onRequest(methods.client.terminal.release, ({ params }) => {
        this.#terminals.get(params.terminalId)!.child.kill('SIGKILL');
        return {};
      })
      .onNotification(methods.client.session.update, () => undefined);
  }
}
