import type { McpServer, ToolCallContent } from '@agentclientprotocol/sdk';
import type { AgentRuntime, Json, Tool } from '#client';
import { plain } from '../text.js';
import type { Connection, Place } from './connection.js';
import { Declaration, type LeftOut } from './declaration.js';
import { type DeclaredTool, declaredTool } from './declared-tools.js';
import { answerOf, shownOf, textOf } from './results.js';

/** From the start of the servers: the longest delay of the first message. */
const LATE_MS = 3_000;
/** A third of the time for which tools are declared. */
const RENEW_MS = 20_000;

type Declared = Record<string, Tool<Readonly<Record<string, Json>>>>;

/** What the tools of a session work with. */
export interface Bench extends Place {
  readonly runtime: AgentRuntime;
  readonly sessionId: string;
  /** Ends the servers. */
  readonly signal: AbortSignal;
  /** Called with the shown answer of a call, before the server gets the answer. */
  readonly show: (callId: string, content: ToolCallContent[]) => void;
}

/**
 * The tools of the MCP servers that an editor has handed over for a session. They are declared while a prompt is answered:
 * a bridge executes only calls of its own prompts, so no other run may have them.
 */
export class McpTools {
  /** By name. What was declared once stays, since a run keeps the tools that it began with. */
  readonly declared: Declared = {};
  readonly #servers: readonly McpServer[];
  readonly #bench: Bench;
  readonly #declaration: Declaration;
  readonly #connections: Connection[] = [];
  /** All messages that were shown to the user. */
  readonly #told = new Set<string>();
  readonly #news: string[] = [];
  /** Fulfilled when all servers are ready or gone, or it has taken too long. */
  #inTime: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #renewing: ReturnType<typeof setInterval> | undefined;

  constructor(servers: readonly McpServer[], bench: Bench) {
    this.#servers = servers;
    this.#bench = bench;
    this.#declaration = new Declaration(bench.runtime, bench.sessionId);
  }

  /** Starts the servers, and waits for none of them. */
  start(): void {
    if (this.#servers.length === 0) return;
    this.#bench.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#inTime = Promise.race([this.#connect(), new Promise((late) => setTimeout(late, LATE_MS).unref())]);
  }

  /**
   * Declares the tools for the run that is to begin.
   * @param signal ends the waiting for servers that are late
   * @returns messages for the user
   */
  async prepare(signal: AbortSignal): Promise<readonly string[]> {
    await Promise.race([this.#inTime, aborted(signal)]);
    if (signal.aborted) return [];
    await this.#declare(true).catch((error: unknown) =>
      this.#tell(`The tools of MCP servers are not declared: ${reasonOf(error)}.`),
    );
    return this.news();
  }

  /** Messages for the user, each once. */
  news(): readonly string[] {
    for (const { name, state, end } of this.#connections) {
      if (state === 'starting')
        this.#tell(`The MCP server “${name}” is not ready; its tools come with a later message.`);
      if (state === 'gone') this.#tell(`The MCP server “${name}” is not used any more: ${end}.`);
    }
    return this.#news.splice(0);
  }

  /** Takes the tools back until the next prompt. */
  rest(): void {
    if (!this.#renewing) return;
    clearInterval(this.#renewing);
    this.#renewing = undefined;
    this.#declaration
      .withdraw({ retryFor: 0 })
      .catch((error: unknown) =>
        console.error(`Tools of MCP servers are left to run out: ${reasonOf(error)}`),
      );
  }

  /** Ends the servers. */
  async close(): Promise<void> {
    this.#bench.signal.removeEventListener('abort', this.#onAbort);
    await this.#end();
  }

  /** Fulfilled when all servers are ready or gone. */
  async #connect(): Promise<void> {
    // Windows without servers are spared 34 MB.
    const { Connection: Started } = await import('./connection.js');
    if (this.#isClosed) return;
    for (const server of this.#servers) {
      if (this.#connections.some(({ name }) => name === server.name)) {
        this.#tell(`There are two MCP servers “${server.name}”; the second one is not used.`);
      } else this.#connections.push(new Started(server, this.#bench));
    }
    await Promise.all(this.#connections.map(({ settled }) => settled));
  }

  readonly #onAbort = (): void => void this.#end();

  async #end(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#renewing);
    await Promise.all(
      this.#connections.map((connection) =>
        connection.close().catch((error: unknown) => console.error(`${connection.name}: ${reasonOf(error)}`)),
      ),
    );
  }

  async #declare(takesOver: boolean): Promise<void> {
    const tools = new Map<string, DeclaredTool>();
    const executing = new Map<string, Declared[string]>();
    for (const connection of this.#connections) {
      for (const each of connection.tools) {
        const tool = declaredTool(connection.name, each);
        tools.set(tool.name, tool);
        executing.set(tool.name, this.#executing(connection, each.name));
      }
    }
    if (tools.size === 0 && !this.#renewing) return;
    this.#renewing ??= setInterval(() => {
      this.#declare(false).catch((error: unknown) => console.error(`Tools not renewed: ${reasonOf(error)}`));
    }, RENEW_MS);
    const leftOut = await this.#declaration.declare([...tools.values()], takesOver);
    for (const { name } of leftOut) executing.delete(name);
    this.#tellLeftOut(leftOut);
    Object.assign(this.declared, Object.fromEntries(executing));
  }

  #executing(connection: Connection, name: string): Declared[string] {
    const { runtime, show } = this.#bench;
    return async (args, { call, signal }) => {
      const result = await connection.call(name, args, signal);
      if (result.isError) throw new Error(connection.hide(textOf(result)) || 'The tool has failed');
      show(call.call_id, shownOf(result));
      return answerOf(result, async (bytes) => (await runtime.blobs.store(bytes, { signal })).id);
    };
  }

  #tellLeftOut(leftOut: readonly LeftOut[]): void {
    const isNew = ({ name, reason }: LeftOut) => {
      const key = `${name}: ${reason}`;
      return !this.#told.has(key) && this.#told.add(key);
    };
    const byReason = Map.groupBy(leftOut.filter(isNew), ({ reason }) => reason);
    for (const [reason, tools] of byReason) {
      this.#tell(`Tools that are left out: ${tools.map(({ name }) => name).join(', ')} (${plain(reason)}).`);
    }
  }

  #tell(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#news.push(text);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
