import type { McpServer } from '@agentclientprotocol/sdk';
import {
  type CallToolResult,
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Tool,
  type Transport,
} from '@modelcontextprotocol/client';
import { plain } from '../text.js';
import { boundedFetch } from './bounded-fetch.js';
import { hiderFor } from './secrets.js';
import { StdioTransport } from './stdio-transport.js';

/** Some servers are fetched from a registry first. */
const START_LIMIT_MS = 60_000;
const CALL_LIMIT_MS = 300_000;

/** Where a server is started, and by what. */
export interface Place {
  readonly cwd: string;
  /** What a program gets beside what the editor hands over. */
  readonly env: NodeJS.ProcessEnv;
  /** Of the bridge. */
  readonly version: string;
}

type State = 'starting' | 'ready' | 'gone';

/** A server that an editor has handed over, from its start to its end. It is started once. */
export class Connection {
  readonly name: string;
  /** Without the secrets of its configuration. */
  readonly hide: (text: string) => string;
  /** As it has told them last. */
  tools: readonly Tool[] = [];
  /** Fulfilled when it is ready, or gone. */
  readonly settled: Promise<void>;
  #state: State = 'starting';
  #end = 'it was closed';
  readonly #client: Client;

  constructor(server: McpServer, place: Place) {
    this.name = server.name;
    this.hide = hiderFor(server);
    this.#client = new Client(
      { name: 'agent-runtime', version: place.version },
      { listChanged: { tools: { onChanged: (_, tools) => (this.tools = tools ?? this.tools) } } },
    );
    this.settled = this.#start(server, place);
  }

  get state(): State {
    return this.#state;
  }

  /** Why it is gone, in words for people. */
  get end(): string {
    return this.#end;
  }

  /** @throws where the server is gone, or has not answered in time; the reason of the signal */
  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<CallToolResult> {
    try {
      if (this.#state === 'gone') throw new Error(this.#end);
      return await this.#client.callTool(
        { name, arguments: { ...args } },
        { timeout: CALL_LIMIT_MS, signal },
      );
    } catch (error) {
      signal.throwIfAborted();
      const reason = this.state === 'gone' ? this.#end : this.#reasonOf(error);
      throw new Error(`The MCP server ${this.name} has not answered: ${reason}`, { cause: error });
    }
  }

  /** Ends the server, and what it has started. */
  async close(): Promise<void> {
    this.#gone('it was closed');
    await this.#client.close();
  }

  async #start(server: McpServer, place: Place): Promise<void> {
    try {
      const transport = transportFor(server, place);
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the package has no events
      this.#client.onclose = () => {
        if (transport instanceof StdioTransport) this.#gone(`it has ended (${transport.end})`);
        else if (this.#state === 'ready') this.#gone('its connection is closed');
        // Else the error of the start says more.
      };
      await this.#client.connect(transport, { timeout: START_LIMIT_MS });
      const { tools } = await this.#client.listTools(undefined, { timeout: START_LIMIT_MS });
      if (this.#state === 'starting') [this.#state, this.tools] = ['ready', tools];
    } catch (error) {
      this.#gone(`it could not be started: ${this.#reasonOf(error)}`);
      await this.#client.close();
    }
  }

  /** The first reason counts. */
  #gone(end: string): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#end = this.hide(end);
    this.tools = [];
  }

  #reasonOf(error: unknown): string {
    const { message, cause } = error as Error;
    return this.hide(plain(cause instanceof Error ? `${message}: ${cause.message}` : message));
  }
}

function transportFor(server: McpServer, { cwd, env }: Place): Transport {
  if ('command' in server) {
    const { command, args } = server;
    return new StdioTransport({ command, args, env: { ...env, ...recordOf(server.env) }, cwd });
  }
  const requestInit = { headers: recordOf(server.headers) };
  const Http = server.type === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
  return new Http(new URL(server.url), { requestInit, fetch: boundedFetch });
}

const recordOf = (pairs: readonly { name: string; value: string }[]): Record<string, string> =>
  Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
