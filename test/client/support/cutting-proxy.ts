import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A way to a server on which each connection breaks after some bytes of answers. */
export class CuttingProxy {
  /** How many connections were broken. */
  cuts = 0;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param bytes how many a connection lives for; asked for each */
  static async open(target: string, bytes: () => number): Promise<CuttingProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on('connection', (client) => {
      proxy.#clients.add(client);
      client.once('close', () => proxy.#clients.delete(client));
      const upstream = connect(Number(port), hostname);
      let left = bytes();
      upstream.on('data', (data: Buffer) => {
        client.write(data.subarray(0, left));
        left -= data.length;
        if (left > 0) return;
        proxy.cuts++;
        client.destroySoon();
        upstream.destroy();
      });
      client.on('data', (data: Buffer) => upstream.write(data));
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroySoon());
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const client of this.#clients) client.destroy();
    await once(this.#server, 'close');
  }
}
