import { Agent, type IncomingMessage, request } from 'node:http';
import { json, text } from 'node:stream/consumers';

const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity });

/** Sends a request; the answer can be read. @throws Error for any other status than the expected */
export function send(
  method: 'GET' | 'POST',
  url: string,
  body?: object,
  expected: readonly number[] = [200],
): Promise<IncomingMessage> {
  const content = body && JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      agent,
      ...(content !== undefined && {
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) },
      }),
    });
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      // A kept connection may be closed at the moment at which it is used again: nothing was heard of the request then.
      const again = outgoing.reusedSocket && error.code === 'ECONNRESET';
      if (again) resolve(send(method, url, body, expected));
      else reject(error);
    });
    outgoing.once('response', (response) => {
      if (expected.includes(response.statusCode ?? 0)) resolve(response);
      else text(response).then((words) => reject(new Error(`${response.statusCode} ${words}`)), reject);
    });
    outgoing.end(content);
  });
}

export async function post<Answer>(url: string, body: object): Promise<Answer> {
  return (await json(await send('POST', url, body, [201, 202]))) as Answer;
}
