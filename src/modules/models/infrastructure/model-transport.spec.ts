import { once } from 'node:events';
import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../config/read-config.js';
import { modelFetch, readBody } from './model-transport.js';

describe('the way to a model', () => {
  let server: Server;
  let url: string;
  let sockets: Set<Socket>;
  let answer: (response: ServerResponse) => void;

  beforeEach(async () => {
    sockets = new Set();
    server = createServer((request, response) => {
      sockets.add(request.socket);
      answer(response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const fetch = modelFetch(readConfig({}));
  const ask = () => fetch(url, { method: 'POST', body: '{}' });

  const readUntilDone = async () => {
    let text = '';
    await readBody(await ask(), (part) => (text += part.toString()).includes('[DONE]'));
    return text;
  };

  it('uses a connection again when an answer has ended', async () => {
    answer = (response) => response.end('data: [DONE]\n\n');
    for (let n = 0; n < 9; n++) expect(await readUntilDone()).toBe('data: [DONE]\n\n');
    // A socket may still be closing when the next request is made.
    expect(sockets.size).toBeLessThan(3);
  });

  it('does not wait for the end of an answer that says it is done, and gives its connection up', async () => {
    answer = (response) => response.write('data: [DONE]\n\n');
    expect(await readUntilDone()).toBe('data: [DONE]\n\n');
    const [socket] = sockets;
    await once(socket!, 'close');
  });

  it('passes on what goes wrong with a part, and gives the connection up', async () => {
    answer = (response) => response.write('data: nonsense\n\n');
    const reading = readBody(await ask(), () => {
      throw new Error('no chunk');
    });
    await expect(reading).rejects.toThrow('no chunk');
    await once([...sockets][0]!, 'close');
  });

  it('says so when an answer breaks off', async () => {
    answer = (response) => {
      response.write('data: 1\n\n');
      setImmediate(() => response.destroy());
    };
    await expect(readUntilDone()).rejects.toThrow();
  });

  it('has the text of a refusal at hand', async () => {
    answer = (response) => response.writeHead(429, { 'retry-after': '3' }).end('{"error":{}}');
    const refusal = await ask();
    expect([refusal.status, refusal.headers.get('retry-after'), await refusal.text()]).toEqual([
      429,
      '3',
      '{"error":{}}',
    ]);
  });
});
