import { once } from 'node:events';
import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, createGzip, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../config/read-config.js';
import { ModelTransport, modelFetch, readBody } from './model-transport.js';
import type { ProviderRefusal } from './provider-refusal.js';

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

  const transport = new ModelTransport(readConfig({}));
  const ask = (onSent: () => void = () => undefined) =>
    modelFetch(url, { method: 'POST', body: '{}', dispatcher: transport.dispatcher(onSent) });

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

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('reads an answer that is compressed although it was not to be: %s', async (encoding, compress) => {
    answer = (response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(compress('data: [DONE]\n\n'));
    expect(await readUntilDone()).toBe('data: [DONE]\n\n');
  });

  it('passes a compressed part on before the next one arrives', async () => {
    answer = (response) => {
      const compressed = createGzip();
      compressed.pipe(response.writeHead(200, { 'content-encoding': 'gzip' }));
      compressed.write('data: [DONE]\n\n');
      compressed.flush();
    };
    expect(await readUntilDone()).toBe('data: [DONE]\n\n');
  });

  it('says so when a compressed answer breaks off', async () => {
    const whole = gzipSync('data: '.repeat(1_000));
    answer = (response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(whole.subarray(0, whole.length - 12));
    await expect(readUntilDone()).rejects.toThrow();
  });

  it('tells when the request is sent, before the server answers', async () => {
    const sent = Promise.withResolvers<void>();
    const response = Promise.withResolvers<ServerResponse>();
    answer = response.resolve;
    const asked = ask(sent.resolve);
    await sent.promise;
    (await response.promise).end();
    expect((await asked).status).toBe(200);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['does not end', () => undefined],
    ['breaks off', (response) => response.destroy()],
    ['is very long', (response) => response.write(Buffer.alloc(1_000_000))],
  ])('gives a refusal whose text %s', async (_how, goOn) => {
    answer = (response) => response.writeHead(503).write('{"error"', () => goOn(response));
    const refusal = (await ask().catch((error: unknown) => error)) as ProviderRefusal;
    expect(refusal.response?.status).toBe(503);
    expect(refusal.body).toMatch(/^\{"error"/);
    expect(refusal.body.length).toBeLessThan(200_000);
  });

  it('gives a refusal with its whole text', async () => {
    const body = gzipSync('[{"error":{"code":429}}]');
    answer = (response) =>
      response.writeHead(429, { 'retry-after': '3', 'content-encoding': 'gzip' }).end(body);
    const refusal = (await ask().catch((error: unknown) => error)) as ProviderRefusal;
    expect(refusal).toMatchObject({ body: '[{"error":{"code":429}}]', response: { status: 429 } });
    expect(refusal.response?.headers.get('retry-after')).toBe('3');
  });
});
