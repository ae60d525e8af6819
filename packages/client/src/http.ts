import { Problem } from './problem.ts';
import { Line, backOff, pause } from './waiting.ts';

/** What is told before something is tried again. */
export interface Retry {
  /** As `POST /v1/sessions`. */
  readonly request: string;
  /** Why it is tried again; undefined where an event stream has ended in order. */
  readonly error: unknown;
  /** In milliseconds. */
  readonly pause: number;
}

type Token = string | undefined;

export interface Options {
  /** Of the server, as `http://127.0.0.1:3000`. */
  readonly url: string;
  /**
   * A key or token. A function is called for every request, and once more with the token that got a 401: then it must
   * not answer from its cache. What it throws is retried like a broken connection.
   */
  readonly token?: string | ((refused?: string) => Token | Promise<Token>);
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For requests and streams alike; the global one by default. */
  readonly fetch?: typeof fetch;
  /** Ends everything that this client does. */
  readonly signal?: AbortSignal;
  /** In milliseconds, for one try of a request; 30,000 by default. */
  readonly timeout?: number;
  /** How long a request is repeated while the server cannot be reached, in milliseconds; 30,000 by default. */
  readonly retryFor?: number;
  /** How long an event stream may carry nothing before it is opened anew, in milliseconds; 45,000 by default. */
  readonly silence?: number;
  readonly onRetry?: (retry: Retry) => void;
}

export interface RequestOptions extends Pick<Options, 'signal' | 'timeout' | 'retryFor'> {
  /** Names what a POST does, so that it takes effect once even if it is sent again later; one is made by default. */
  readonly idempotencyKey?: string;
}

export type Bytes = NonNullable<RequestInit['body']>;

/** What is asked, beside method and path. */
export interface Request {
  readonly query?: object | undefined;
  readonly body?: object | undefined;
  /** Sent as they are, instead of a body in JSON. */
  readonly bytes?: Bytes;
  readonly headers?: Readonly<Record<string, string>>;
  /** How the answer is read; as JSON by default. */
  readonly as?: 'text' | 'blob';
}

const FIRST_PAUSE_MS = 500;

/** Sends requests, again where that may help. */
export class Http {
  readonly options: Options;
  readonly #base: string;

  constructor(options: Options) {
    this.options = options;
    this.#base = new URL(options.url).href.replace(/\/$/, '');
  }

  /** What is answered; undefined where that is nothing. */
  async answer<T>(
    method: string,
    path: string,
    request: Request = {},
    options: RequestOptions = {},
  ): Promise<T> {
    const { timeout = this.options.timeout ?? 30_000, retryFor = this.options.retryFor ?? 30_000 } = options;
    const headers =
      method === 'POST' ? { 'idempotency-key': options.idempotencyKey ?? newKey(), ...request.headers } : {};
    const giveUpAt = Date.now() + retryFor;
    const caller = new Line(this.options.signal, options.signal);
    try {
      for (let failures = 0; ; failures++) {
        const line = new Line(caller.signal);
        try {
          return (await line.within(
            timeout,
            this.#read(method, path, { ...request, headers }, line.signal),
          )) as T;
        } catch (error) {
          caller.signal.throwIfAborted();
          // The answer to the try before was lost.
          if (method === 'DELETE' && failures > 0 && isProblem(error, 404)) return undefined as T;
          const ms = pauseAfter(error, FIRST_PAUSE_MS, failures);
          if (!isPassing(error) || Date.now() + ms > giveUpAt) throw error;
          this.options.onRetry?.({ request: `${method} ${path}`, error, pause: ms });
          await pause(ms, caller.signal);
        } finally {
          line.close();
        }
      }
    } finally {
      caller.close();
    }
  }

  /** One try, which a token function is asked twice for. @throws Problem where the answer is a refusal */
  async open(method: string, path: string, request: Request, signal: AbortSignal): Promise<Response> {
    const { token, fetch: send = fetch } = this.options;
    const url = this.#base + path + queryOf(request.query);
    const ask = (bearer: string | undefined) =>
      send(url, {
        method,
        signal,
        headers: {
          ...this.options.headers,
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
          ...(request.body && { 'content-type': 'application/json' }),
          ...request.headers,
        },
        ...(request.body && { body: JSON.stringify(request.body) }),
        ...(request.bytes && { body: request.bytes }),
      });
    const first = typeof token === 'function' ? await token() : token;
    let response = await ask(first);
    if (response.status === 401 && typeof token === 'function') {
      await response.text(); // frees the connection
      response = await ask(await token(first));
    }
    if (!response.ok) throw await Problem.of(response);
    return response;
  }

  async #read(method: string, path: string, request: Request, signal: AbortSignal): Promise<unknown> {
    const response = await this.open(method, path, request, signal);
    return response.status === 204 ? undefined : response[request.as ?? 'json']();
  }
}

export const isProblem = (error: unknown, ...statuses: number[]): error is Problem =>
  error instanceof Problem && statuses.includes(error.status);

/** Everything but a refusal that stays one: a connection that broke, a server that restarts, a token that is not there yet. */
export const isPassing = (error: unknown): boolean => !(error instanceof Problem) || error.isPassing;

export const pauseAfter = (error: unknown, firstMs: number, failures: number): number =>
  (error instanceof Problem ? error.retryAfter : undefined) ?? backOff(firstMs, failures);

/** `crypto.randomUUID` is missing in pages that came by plain HTTP. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

function queryOf(query: object = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`;
}
