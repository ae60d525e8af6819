import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** Of a message: its type, and its length without that. */
const HEADER_BYTES = 5;

/**
 * A way to PostgreSQL that counts what is asked on it (PostgreSQL's manual, 54.7): each Execute and each simple Query
 * is a statement, each Sync and each simple Query a round trip.
 */
export class SqlCounter implements Disposable {
  readonly url: string;
  roundTrips = 0;
  /** How often each statement was executed. */
  readonly statements = new Map<string, number>();
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server, url: string) {
    this.server = server;
    this.url = url;
  }

  static async before(target: string): Promise<SqlCounter> {
    const { hostname, port } = new URL(target);
    const server = createServer({ noDelay: true });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = new URL(target);
    url.port = String((server.address() as AddressInfo).port);
    const counter = new SqlCounter(server, url.href);
    server.on('connection', (client) => {
      const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
      const messages = new Messages((type, body) => counter.hear(messages, type, body));
      client.on('data', (data: Buffer) => messages.take(data));
      client.pipe(upstream).pipe(client);
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        counter.sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => counter.sockets.delete(socket));
      }
    });
    return counter;
  }

  get total(): number {
    return this.statements.values().reduce((sum, count) => sum + count, 0);
  }

  reset(): void {
    this.roundTrips = 0;
    this.statements.clear();
  }

  [Symbol.dispose](): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private hear(messages: Messages, type: string, body: Buffer): void {
    const [first = '', second = ''] = body.toString('utf8').split('\0', 2);
    if (type === 'P') messages.prepared.set(first, second);
    else if (type === 'B') messages.portals.set(first, messages.prepared.get(second) ?? '');
    else if (type === 'E') this.count(messages.portals.get(first) ?? '');
    else if (type === 'Q') this.count(first);
    if (type === 'S' || type === 'Q') this.roundTrips++;
  }

  private count(statement: string): void {
    const text = statement.replace(/\s+/g, ' ').trim();
    this.statements.set(text, (this.statements.get(text) ?? 0) + 1);
  }
}

/** The messages of one client, however they are cut on their way. */
class Messages {
  /** Statements by name, and what stands in each portal. */
  readonly prepared = new Map<string, string>();
  readonly portals = new Map<string, string>();
  private rest: Buffer = Buffer.alloc(0);
  private begun = false;
  private readonly hear: (type: string, body: Buffer) => void;

  constructor(hear: (type: string, body: Buffer) => void) {
    this.hear = hear;
  }

  take(data: Buffer): void {
    this.rest = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    // The first message alone has no type.
    if (!this.begun) {
      if (this.rest.length < 4 || this.rest.length < this.rest.readInt32BE(0)) return;
      this.rest = this.rest.subarray(this.rest.readInt32BE(0));
      this.begun = true;
    }
    while (this.rest.length >= HEADER_BYTES) {
      const end = 1 + this.rest.readInt32BE(1);
      if (this.rest.length < end) return;
      this.hear(String.fromCharCode(this.rest[0]!), this.rest.subarray(HEADER_BYTES, end));
      this.rest = this.rest.subarray(end);
    }
  }
}
