import { Agent, Dispatcher, request } from 'undici';

/** How long to wait is decided elsewhere: until an answer begins, and between its parts. */
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

/** Of a refusal: its codes stand at its beginning. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** After the last event of an answer: until the connection counts as lost instead of free. */
const LAST_BYTES_MS = 1_000;

type Body = Dispatcher.ResponseData['body'];

const bodies = new WeakMap<Response, Body>();

/**
 * What the OpenAI client sends its requests by. The platform's own `fetch` would do the same, but spends more time on
 * each part of an answer than everything that is done with it.
 *
 * The answer to a good request has its body elsewhere: `readBody` reads it.
 */
export async function modelFetch(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
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
  body.on('error', () => undefined); // whoever reads is told as well
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
 * Reads the body of an answer until it ends or is read far enough. The connection is used again where the answer ends by
 * itself then, and is given up where something goes wrong.
 * @param take is given the parts as they come, and answers whether it has enough
 */
export async function readBody(response: Response, take: (part: Buffer) => boolean): Promise<void> {
  const body = bodies.get(response)!;
  body.on('error', () => undefined); // whoever reads is told as well
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
