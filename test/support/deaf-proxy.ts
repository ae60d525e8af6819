import { AddressInfo, Server, connect, createServer } from 'node:net';

/** A proxy for PostgreSQL that swallows notifications, as some poolers do. */
export class DeafProxy {
  private constructor(
    private readonly server: Server,
    /** The address to use instead of the target. */
    readonly url: string,
  ) {}

  static async open(target: string): Promise<DeafProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer((client) => {
      const upstream = connect(Number(port), hostname);
      let rest = Buffer.alloc(0);
      upstream.on('data', (data: Buffer) => {
        rest = Buffer.concat([rest, data]);
        // Each message has a letter and its length without that letter (PostgreSQL's manual, 54.7).
        while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
          const message = rest.subarray(0, rest.readInt32BE(1) + 1);
          rest = rest.subarray(message.length);
          if (message[0] !== 'A'.charCodeAt(0)) client.write(message);
        }
      });
      client.on('data', (data: Buffer) => upstream.write(data));
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
      }
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = new URL(target);
    url.port = String((server.address() as AddressInfo).port);
    return new DeafProxy(server, url.href);
  }

  async close(): Promise<void> {
    await new Promise<void>((closed) => this.server.close(() => closed()));
  }
}
