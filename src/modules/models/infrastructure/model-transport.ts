import { Readable, Transform, pipeline } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createBrotliDecompress, createUnzip, createZstdDecompress } from 'node:zlib';
import { DecoratorHandler, Dispatcher, request } from 'undici';
import { Config } from '../../../config/config.js';
import { proxyAgent } from '../../../shared/infrastructure/proxies.js';
import { ProviderRefusal } from './provider-refusal.js';

/** The part of an error response that is read; error codes are at its beginning. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** The time for it to arrive. */
const REFUSAL_MS = 2_000;

/** Time for the response to end after the last event; without an end the connection is closed instead of reused. */
const LAST_BYTES_MS = 1_000;

/** For servers that compress although they are asked not to. */
const DECODERS = new Map<string, () => Transform>([
  ['gzip', createUnzip],
  ['x-gzip', createUnzip],
  ['deflate', createUnzip],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/** Tells when the request is sent. */
class SentNotice extends DecoratorHandler {
  constructor(
    handler: Dispatcher.DispatchHandler,
    private readonly onSent: () => void,
  ) {
    super(handler);
  }

  onRequestSent(): void {
    this.onSent();
  }
}

/** The connections of a process to its model server. Beyond the time to connect, the watch of each call limits them. */
export class ModelTransport {
  private readonly agent: Dispatcher;

  constructor(config: Config) {
    const timeout = config.llm.connectTimeoutSeconds * 1000;
    this.agent = proxyAgent(config, { headersTimeout: 0, bodyTimeout: 0, connect: { timeout } });
  }

  /** The dispatcher for one request. @param onSent called when the request is sent */
  dispatcher(onSent: () => void): Dispatcher {
    return this.agent.compose(
      (dispatch) => (options, handler) => dispatch(options, new SentNotice(handler, onSent)),
    );
  }
}

const bodies = new WeakMap<Response, Readable>();

/**
 * The `fetch` of the OpenAI client. The platform's own would do, but spends more time on each part of an answer than all
 * further processing of it.
 *
 * A successful response is returned without its body, which `readBody` reads.
 * @throws ProviderRefusal for any other one: the client would keep only a part of its body
 */
export async function modelFetch(
  url: string | URL | Request,
  init: RequestInit & { dispatcher?: unknown } = {},
): Promise<Response> {
  const answer = await request(url as string | URL, {
    dispatcher: init.dispatcher as Dispatcher,
    method: 'POST',
    headers: { ...Object.fromEntries(new Headers(init.headers)), 'accept-encoding': 'identity' },
    body: init.body as string,
    signal: init.signal ?? null,
  });
  const { statusCode: status } = answer;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
  const body = decoded(answer.body, headers.get('content-encoding'));
  if (status >= 300) throw new ProviderRefusal(await beginningOf(body), { status, headers });
  const response = new Response(null, { status, headers });
  bodies.set(response, body);
  return response;
}

function decoded(body: Readable, encoding: string | null): Readable {
  const decoder = DECODERS.get(encoding?.toLowerCase() ?? '');
  // The callback has nothing to do: an error of either stream is also one of the last, which is read.
  return decoder ? pipeline(body, decoder(), () => undefined) : body;
}

/** The text of a refusal as far as it arrives in time: the status counts, even if the body breaks off. */
async function beginningOf(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  body.on('data', (part: Buffer) => {
    parts.push(part);
    bytes += part.length;
    if (bytes >= MAX_REFUSAL_BYTES) body.destroy();
  });
  const limit = setTimeout(() => body.destroy(), REFUSAL_MS);
  await finished(body).catch(() => undefined); // what has arrived is enough
  clearTimeout(limit);
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

function letEnd(body: Readable): void {
  const limit = setTimeout(() => body.destroy(), LAST_BYTES_MS);
  body.once('close', () => clearTimeout(limit));
  body.resume();
}
