import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Of fields that came more than once the last. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the server asked for the body before it answered. */
  readonly continued: boolean;
  /** As far as it was read: of a stream nothing but its head counts. */
  readonly body: string;
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/**
 * Sends bytes as they are, which no HTTP client would, and reads one answer.
 * @param limitMs after which it counts as not answered
 * @returns undefined where the connection was closed without an answer
 * @throws where there is no answer in time
 */
export async function exchange(
  url: string,
  bytes: string | Buffer,
  limitMs = 10_000,
): Promise<RawAnswer | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined); // a server may close while it is still being sent to
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer | undefined>();
  const limit = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  let text = '';
  let continued = false;
  const answerSoFar = () => {
    const answer = parse(text);
    return answer && { ...answer, continued };
  };
  socket.on('data', (part) => {
    text += part.toString('latin1');
    if (text.startsWith(CONTINUE)) {
      continued = true;
      text = text.slice(CONTINUE.length);
    }
    const answer = answerSoFar();
    if (answer && isWhole(answer)) resolve(answer);
  });
  socket.on('close', () => resolve(answerSoFar()));
  socket.write(bytes);
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    socket.destroy();
  }
}

function parse(text: string): Omit<RawAnswer, 'continued'> | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...fields] = text.slice(0, end).split('\r\n');
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const;
    }),
  );
  const body = Buffer.from(text.slice(end + 4), 'latin1').toString();
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? 0), headers, body };
}

function isWhole({ status, headers, body }: Pick<RawAnswer, 'status' | 'headers' | 'body'>): boolean {
  const length = headers.get('content-length');
  if (status === 204 || status === 304 || headers.get('content-type')?.startsWith('text/event-stream')) {
    return true;
  }
  return length !== undefined && Buffer.byteLength(body) >= Number(length);
}
