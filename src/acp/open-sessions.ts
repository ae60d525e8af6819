import {
  type AgentContext,
  type ClientCapabilities,
  type JsonRpcId,
  type ListSessionsResponse,
  RequestError,
  type SessionInfo,
} from '@agentclientprotocol/sdk';
import { type AgentRuntime, Problem, type Session } from '#client';
import { offerOf } from './choices.js';
import { COMMANDS } from './commands.js';
import { editorHost } from './editor-host.js';
import { EditorSession } from './editor-session.js';
import { McpTools } from './mcp/mcp-tools.js';
import { tellWorkspace } from '../ide/tell-workspace.js';
import type { Roots } from '../ide/roots.js';
import { type Place, rootsIn } from './place.js';
import { adopt, cwdOf, newSession, rootsOf } from './session-record.js';
import { Translator } from './translator.js';
import type { Wire } from './wire.js';
import { Workspace } from './workspace.js';

const UNTIL_ANSWERED = { retryFor: Infinity };
/** Entries that an answer to `session/list` has at least, unless there are no more. */
const LISTED = 50;
const LIST_PAGE = 200;
const DELETE_LIMIT_MS = 10_000;

export interface Bridge {
  readonly runtime: AgentRuntime;
  readonly wire: Wire;
  /** The version of the bridge. */
  readonly version: string;
  /** The environment of MCP servers, besides the variables from the editor. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends the commands that are running, and MCP servers. */
  readonly signal: AbortSignal;
}

/** The sessions of the server that this editor has opened. */
export class OpenSessions {
  /** The capabilities of the editor, as soon as they are known. */
  capabilities: ClientCapabilities = {};
  /** Its name and version, as soon as they are known. */
  editor: string | undefined;
  readonly #bridge: Bridge;
  readonly #sessions = new Map<string, EditorSession>();
  #isWatching = false;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Shows changes of other clients in open sessions, until the bridge ends or the server refuses. */
  watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#follow().catch((error: unknown) => {
      console.error(`Changes elsewhere are not shown: ${String(error)}`);
      this.#isWatching = false;
    });
  }

  async #follow(): Promise<void> {
    const { runtime, signal } = this.#bridge;
    for await (const hint of runtime.sessions.activity({ signal })) {
      const isOf = (session: EditorSession) =>
        hint.type === 'refetch' ||
        (hint.session_id === session.id && hint.what.some((kind) => kind === 'title' || kind === 'session'));
      for (const session of [...this.#sessions.values()].filter(isOf)) {
        await session.refresh().catch((error: unknown) => console.error(`Not refreshed: ${String(error)}`));
      }
    }
  }

  /** @throws RequestError where the editor has not opened it */
  get(id: string): EditorSession {
    const session = this.#sessions.get(id);
    if (!session) throw RequestError.sessionNotFound(id);
    return session;
  }

  /** A session of its own for the editor. */
  async create(place: Place, client: AgentContext): Promise<EditorSession> {
    const roots = await rootsIn(place);
    const session = await this.#bridge.runtime.sessions.create(newSession(place));
    return this.#open(session, { ...place, roots }, client, {});
  }

  async #open(
    session: Session,
    { cwd, additionalDirectories: further = [], mcpServers = [], roots }: Place & { roots: Roots },
    client: AgentContext,
    options: { retryFor?: number },
  ): Promise<EditorSession> {
    const { runtime, signal, version, env } = this.#bridge;
    const capabilities = this.capabilities;
    const translator = new Translator(roots);
    const host = editorHost(
      {
        ...{ client, capabilities, sessionId: session.id },
        onTerminal: (callId, terminalId) => {
          const content = [{ type: 'terminal' as const, terminalId }];
          translator.note(callId, content);
          opened.announce([{ sessionUpdate: 'tool_call_update', toolCallId: callId, content }]);
        },
      },
      signal,
    );
    const place = {
      ...{ folder: cwd, further, ide: this.editor },
      note: (text: string) => console.error(text),
    };
    const tell = () => tellWorkspace(runtime, session.id, place, options);
    await tell();
    const opened: EditorSession = new EditorSession(session, {
      ...{ runtime, client, capabilities, translator, roots, tell },
      offer: await offerOf(runtime, options),
      workspace: new Workspace(roots, signal, host),
      mcp: new McpTools(mcpServers, {
        ...{ runtime, sessionId: session.id, cwd, version, env, signal },
        show: (callId, content) => translator.note(callId, content),
      }),
    });
    return opened;
  }

  /** Opens an existing session. @param isShown whether to show its history to the editor */
  async reopen(
    params: Place & { sessionId: string },
    client: AgentContext,
    isShown: boolean,
  ): Promise<EditorSession> {
    const { runtime } = this.#bridge;
    const roots = await rootsIn(params);
    const found = await runtime.sessions.get(params.sessionId, UNTIL_ANSWERED).catch((error: unknown) => {
      throw error instanceof Problem && error.status === 404
        ? RequestError.sessionNotFound(params.sessionId)
        : error;
    });
    const session = await adopt(runtime, found, params, UNTIL_ANSWERED);
    const opened = await this.#open(session, { ...params, roots }, client, UNTIL_ANSWERED);
    await opened.replay(isShown);
    return opened;
  }

  /** From the answer to this request on the editor knows the session. */
  begin(session: EditorSession, requestId: JsonRpcId, isKnown: boolean): void {
    this.watch(); // which was refused before there was a setup
    this.#bridge.wire.afterAnswer(requestId, () => {
      const before = this.#sessions.get(session.id);
      this.#sessions.set(session.id, session);
      session.begin();
      before?.close().catch((error: unknown) => console.error(`Not closed: ${String(error)}`));
      session.announce([{ sessionUpdate: 'available_commands_update', availableCommands: COMMANDS }]);
      if (isKnown) session.announceTitle();
    });
  }

  /** The last changed sessions of a folder. The server does not know folders, so every page is read. */
  async list(cwd: string | undefined, cursor: string | undefined): Promise<ListSessionsResponse> {
    const sessions: SessionInfo[] = [];
    let next = cursor;
    do {
      const list = this.#bridge.runtime.sessions.list({ sort: 'updated_at', limit: LIST_PAGE });
      const page = await list.page(next);
      for (const session of page.data) {
        const place = cwdOf(session);
        if (place === undefined || (cwd !== undefined && place !== cwd)) continue;
        const { id, title, updated_at: updatedAt } = session;
        const further = rootsOf(session);
        sessions.push({
          ...{ sessionId: id, cwd: place, title, updatedAt },
          ...(further.length > 0 && { additionalDirectories: [...further] }),
        });
      }
      next = page.next_cursor ?? undefined;
    } while (next !== undefined && sessions.length < LISTED);
    return { sessions, ...(next !== undefined && { nextCursor: next }) };
  }

  /** Stops what is being answered. */
  cancel(id: string): void {
    this.#sessions.get(id)?.cancel();
  }

  /** Stops what is being answered, and forgets the session; on the server it stays. */
  async close(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    session?.cancel();
    await session?.close();
  }

  /** A session that is gone already counts as deleted. */
  async delete(id: string): Promise<void> {
    const { runtime } = this.#bridge;
    try {
      const { active_run: run } = await runtime.sessions.get(id);
      if (run) {
        await runtime.runs.cancel(run.id);
        for await (const _ of runtime.runs.events(run.id, { signal: AbortSignal.timeout(DELETE_LIMIT_MS) })) {
          // Until it has ended: only then can its session be deleted.
        }
      }
      await runtime.sessions.delete(id);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
  }
}
