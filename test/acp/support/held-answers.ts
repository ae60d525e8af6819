import { once } from 'node:events';
import { type IncomingMessage, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Passes requests on to a server; the answer to a message is held back.
 * @param hold awaited before the client is given that answer
 */
export async function holdAnswers(
  url: string,
  hold: (sessionId: string) => Promise<unknown>,
): Promise<AsyncDisposable & { url: string }> {
  const proxy = createServer((asked, answer) => {
    const { method = 'GET', url: path = '/', headers } = asked;
    const [, sessionId] = /^\/v1\/sessions\/([^/]+)\/messages$/.exec(path) ?? [];
    const passOn = async (given: IncomingMessage) => {
      if (method === 'POST' && sessionId) await hold(sessionId);
      answer.writeHead(given.statusCode!, given.headers);
      given.pipe(answer);
    };
    asked.pipe(
      request(new URL(path, url), { method, headers }, (given) => {
        passOn(given).catch((error: unknown) => answer.destroy(error as Error));
      }),
    );
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      proxy.closeAllConnections();
      await once(proxy.close(), 'close');
    },
  };
}
