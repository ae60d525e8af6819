import { Dispatcher, request } from 'undici';
import { Config } from '../../../config/config.js';
import { proxyAgent } from '../../../shared/infrastructure/proxies.js';

/** The client limits the time until an answer begins, and the watchdog the time between its parts. */
const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 };

/** The part of an error response that is read; error codes are at its beginning. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Time for the response to end after the last event; without an end the connection is closed instead of reused. */
const LAST_BYTES_MS = 1_000;

type Body = Dispatcher.ResponseData['body'];

const bodies = new WeakMap<Response, Body>();

/**
 * The `fetch` of the OpenAI client. The platform's own would do, but spends more time on each part of an answer than all
 * further processing of it.
 *
 * A successful response is returned without its body, which `readBody` reads.
 */
export function modelFetch(config: Config) {
  const dispatcher = proxyAgent(config, NO_TIMEOUTS);
  return (url: string | URL | Request, init: RequestInit = {}) => fetchFrom(dispatcher, url, init);
}

async function fetchFrom(
  dispatcher: Dispatcher,
  url: string | URL | Request,
  init: RequestInit,
): Promise<Response> {
  const answer = await request(url as string | URL, {
    dispatcher,
    method: 'POST',
    headers: { ...Object.fromEntries(new Headers(init.headers)), 'accept-encoding': 'identity' },
    body: init.body as string,
    signal: init.signal ?? null,
  });
  const { statusCode: status, body } = answer;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
  if (status >= 300) return new Response(await beginningOf(body), { status, headers });
  const response = new Response(null, { status, headers });
  bodies.set(response, body);
  return response;
}

async function beginningOf(body: Body): Promise<string> {
  body.on('error', () => undefined); // the reader gets the error too
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part as Buffer);
    bytes += (part as Buffer).length;
    if (bytes >= MAX_REFUSAL_BYTES) break;
  }
  return Buffer.concat(parts).toString();
}

/**
 * Reads the body of an answer until it ends or `take` has enough. The connection is reused if the answer then ends by
 * itself, and closed after an error.
 * @param take gets each part as it arrives and returns whether it has enough
 */
export async function readBody(response: Response, take: (part: Buffer) => boolean): Promise<void> {
  const body = bodies.get(response)!;
  body.on('error', () => undefined); // the reader gets the error too
  try {
    for await (const part of body.iterator({ destroyOnReturn: false })) {
      if (take(part as Buffer)) return letEnd(body);
    }
  } catch (error) {
    body.destroy();
    throw error;
  }
}

function letEnd(body: Body): void {
  const limit = setTimeout(() => body.destroy(), LAST_BYTES_MS);
  body.once('close', () => clearTimeout(limit));
  body.resume();
}
