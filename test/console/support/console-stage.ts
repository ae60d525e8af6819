import { type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { hashOf } from '../../../packages/client/src/edit.ts';
import { AgentRuntime, type Json, type Session } from '../../../packages/client/src/index.ts';
import { eventually } from '../../support/eventually.js';
import { TestDatabase } from '../../support/database.js';
import { freePort } from '../../support/free-port.js';
import { ScriptedModel } from '../../support/scripted-model.js';
import { ServerProcess } from '../../support/server-process.js';
import { startChromium } from './chromium.js';

/** Chromium writes to its console that a connection has broken, which some tests want. */
const EXPECTED = /net::ERR_|Failed to load resource/;

/** Addresses that lead nowhere but into the page. */
const OF_PAGE: ReadonlySet<string> = new Set(['data:', 'blob:']);

/** A server with a scripted model, and a browser: one for all tests of a file. */
export class ConsoleStage {
  /** What no page may do: errors, violations of the Content-Security-Policy, requests to other hosts. */
  readonly faults: string[] = [];
  readonly #contexts = new Set<BrowserContext>();
  /** That of most pages: its scripts are read and compiled once. */
  #usual: Promise<BrowserContext> | undefined;

  private constructor(
    readonly model: ScriptedModel,
    readonly database: TestDatabase,
    readonly browser: Browser,
    readonly url: string,
    readonly env: Record<string, string>,
    private server: ServerProcess,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<ConsoleStage> {
    const [model, database, browser, port] = await Promise.all([
      ScriptedModel.start(),
      TestDatabase.create(),
      startChromium(),
      freePort(),
    ]);
    const env = {
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      PORT: String(port),
      SSE_HEARTBEAT_SECONDS: '1',
      RUN_LEASE_SECONDS: '2',
      ...settings,
    };
    const server = await ServerProcess.start(env);
    return new ConsoleStage(model, database, browser, `http://127.0.0.1:${port}`, env, server);
  }

  /** The server as its clients see it, past the page. */
  get runtime(): AgentRuntime {
    return new AgentRuntime({ url: this.url });
  }

  /** A browser of its own, with nothing kept. */
  async context(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    this.#contexts.add(context);
    context.setDefaultTimeout(20_000);
    context.on('close', () => this.#contexts.delete(context));
    context.on('weberror', (error) => this.faults.push(String(error.error().stack)));
    context.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) this.faults.push(message.text());
    });
    context.on('request', (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (hostname !== '127.0.0.1' && !OF_PAGE.has(protocol)) this.faults.push(`asks ${request.url()}`);
    });
    return context;
  }

  async open(path: string): Promise<Page> {
    const page = await (await (this.#usual ??= this.context())).newPage();
    await page.goto(`${this.url}/console${path}`);
    return page;
  }

  /**
   * Answers the one call that is requested in a session.
   * @param path of the file that it has read or written
   * @param display what is to be shown of the answer
   */
  async answer(sessionId: string, result: string, path?: string, display?: Json): Promise<void> {
    const call = await eventually(async () => {
      const [open] = (await this.runtime.toolCalls.list(sessionId).all()).filter(
        ({ status }) => status === 'requested',
      );
      if (!open) throw new Error('no call is requested');
      return open;
    });
    const file = path && { path, hash: await hashOf(result) };
    await this.runtime.sessions.send(sessionId, {
      ...{ type: 'tool_result', call_id: call.call_id, result },
      ...(file && { file }),
      ...(display !== undefined && { display }),
    });
  }

  /** Waits until no run of a session is active. */
  idle(sessionId: string): Promise<void> {
    return this.told(sessionId, { active_run: null });
  }

  /** Waits until the server says this of a session. */
  async told(sessionId: string, expected: Partial<Session>): Promise<void> {
    await eventually(async () => expect(await this.runtime.sessions.get(sessionId)).toMatchObject(expected));
  }

  async cancel(sessionId: string): Promise<void> {
    const { active_run: run } = await this.runtime.sessions.get(sessionId);
    if (run) await this.runtime.runs.cancel(run.id);
    await this.idle(sessionId);
  }

  /** Ends the process, and starts another one at the same address. */
  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.server.stop(signal);
    this.server = await ServerProcess.start(this.env);
  }

  async closePages(): Promise<void> {
    const usual = await this.#usual;
    await Promise.all([
      ...[...this.#contexts].filter((context) => context !== usual).map((context) => context.close()),
      ...(usual?.pages() ?? []).map((page) => page.close()),
    ]);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop('SIGKILL');
    await this.model.stop();
    await this.database.drop();
  }
}

/** Types words into the field of a session, and sends them. */
export async function say(page: Page, words: string): Promise<void> {
  const field = page.getByLabel('Message', { exact: true });
  await field.fill(words);
  await field.press('Enter');
  // It is empty when the server has taken them.
  await eventually(async () => expect(await field.inputValue()).toBe(''));
}

/** What is said in a session, in order: the words of users and agents. */
export async function storedTexts(runtime: AgentRuntime, sessionId: string): Promise<string[]> {
  const messages = await runtime.sessions.messages(sessionId).all();
  return messages.flatMap(({ role, content }) => (role === 'assistant' && content ? [content] : []));
}

/** The same as the page shows it. */
export const shownTexts = (page: Page): Promise<string[]> => page.locator('[data-text]').allInnerTexts();
