import { findPackageJSON } from 'node:module';
import { Agent, Headers, type RequestInit, Response, fetch as send } from 'undici';
import { unlessAborted } from '../ide/unless-aborted.js';
import { type Daemon, findDaemon, isFit } from './find-daemon.js';
import { NotPrivate } from './private-file.js';
import { hasModel, readSetup, setupFileOf } from './setup-file.js';
import { DaemonNotStarted, startDaemon } from './start-daemon.js';

/** In requests to this server, whose address changes. */
export const LOCAL_URL = 'http://localhost';

/** Where requests go, with the key for it. */
interface Place {
  readonly url: string;
  readonly token: string | undefined;
  readonly dispatcher?: Agent;
}

/** Nothing says which model answers, nor which server. */
class NotSetUp extends Error {
  constructor(folder: string) {
    super(`Nothing is set up in ${setupFileOf(folder)}: agent-runtime acp setup`);
  }
}

/**
 * The server that the setup file names, or the daemon of this user, which is found, or started, whenever a request does not
 * reach it. All of them go over its socket, so that its key is never sent to a port.
 */
export class LocalServer {
  readonly #folder: string;
  #place: Promise<Place> | undefined;
  #hasServed = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** For the client library, which repeats what fails. */
  readonly fetch = async (input: string, init: RequestInit = {}): Promise<Response> => {
    this.#place ??= this.#find();
    const finding = this.#place;
    const forget = () => {
      if (this.#place === finding) this.#place = undefined;
    };
    let isFound = false;
    try {
      const { url, token, dispatcher } = await unlessAborted(finding, init.signal ?? undefined);
      isFound = true;
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
      const response = await send(input.replace(LOCAL_URL, url), {
        ...init,
        headers,
        ...(dispatcher && { dispatcher }),
      });
      // It ends, or has another key by now.
      if (response.status === 503 || response.status === 401) forget();
      this.#hasServed = true;
      return response;
    } catch (error) {
      // A request that was given up may have gone to one that hangs; a start goes on.
      if (isFound || !init.signal?.aborted) forget();
      const refusal = this.#refusalOf(error);
      if (!refusal) throw error;
      return refusal;
    }
  };

  /** The daemon of the folder; one is started where there is none. @throws NotSetUp, DaemonNotStarted, NotPrivate */
  async daemon(): Promise<Daemon> {
    const there = await findDaemon(this.#folder);
    if (there && (await isFit(there, this.#folder))) return there;
    const setup = await readSetup(this.#folder);
    if (!hasModel(setup) && !hasOfflineModel()) throw new NotSetUp(this.#folder);
    await startDaemon(this.#folder);
    const started = await findDaemon(this.#folder);
    if (!started) throw new DaemonNotStarted('It has started, and does not answer');
    return started;
  }

  async #find(): Promise<Place> {
    const { AGENT_RUNTIME_URL: url, AGENT_RUNTIME_TOKEN: token } = await readSetup(this.#folder);
    if (url) return { url: url.replace(/\/$/, ''), token };
    const { key, socket } = await this.daemon();
    return { url: LOCAL_URL, token: key, dispatcher: new Agent({ connect: { socketPath: socket } }) };
  }

  /** What cannot be put right by a repeat is refused, as a server does; a daemon that has served is waited for. */
  #refusalOf(error: unknown): Response | undefined {
    if (error instanceof NotSetUp) return refusal(401, 'setup.required', error.message);
    if (error instanceof NotPrivate) return refusal(424, 'setup.not_private', error.message);
    if (this.#hasServed || !(error instanceof DaemonNotStarted || isOfFiles(error))) return undefined;
    return refusal(424, 'daemon.not_started', error.message);
  }
}

/** A folder that is a file, or may not be written in, for one; connections have no path. */
const isOfFiles = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'path' in error;

const refusal = (status: number, code: string, detail: string): Response =>
  Response.json({ status, code, detail }, { status });

/** It is a development package: a checkout can be tried without a model. */
const hasOfflineModel = (): boolean => {
  try {
    return findPackageJSON('@copilotkit/aimock', import.meta.url) !== undefined;
  } catch {
    return false;
  }
};
