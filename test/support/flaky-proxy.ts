import { AddressInfo, Server, Socket, connect, createServer } from 'node:net';

/**
 * A proxy for PostgreSQL that can be closed for a while: open connections are cut, new ones are refused. Or slowed
 * down: requests arrive, but later. Or silent: connections stay open, and nothing arrives. Or lead new connections to
 * another server, as the address of a cluster does after a failover.
 */
export class FlakyProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;
  /** Ends of connections that nothing comes through any more. */
  private readonly deaf = new WeakSet<Socket>();
  private silent = false;
  private swallowing = false;
  private swallowFrom: string | undefined;
  private readonly prepared = new Map<string, string>();
  private holdFrom: { statement: string; times: number } | undefined;
  /** What is held up, in the order in which it was asked. */
  private held: { data: Buffer; to: Socket }[] | undefined;

  constructor(private target: URL) {}

  /** @returns the address to use instead of the target */
  async open(): Promise<string> {
    const server = createServer((client) => {
      const upstream = connect(Number(this.target.port), this.target.hostname);
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.sockets.add(from);
        if (this.silent) this.deaf.add(from);
        from.on('data', (data: Buffer) => {
          if (this.deaf.has(from)) return;
          if (from === client) this.notePrepared(data);
          if (from === client && this.swallowFrom && this.asks(data, this.swallowFrom))
            this.swallowing = true;
          if (from === client && this.isHeldUp(data)) this.held!.push({ data, to });
          else if (from === client || !this.swallowing) to.write(data);
        });
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.sockets.delete(from);
          if (!this.deaf.has(from)) to.destroy();
        });
      }
    });
    await new Promise<void>((listening) => server.listen(this.port, '127.0.0.1', listening));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    const url = new URL(this.target.href);
    url.port = String(this.port);
    return url.href;
  }

  /** From the next statement with this text on, everything is asked and nothing answered; until it is closed. */
  swallowAnswersFrom(statement: string): void {
    this.swallowFrom = statement;
  }

  /** Whether that statement was asked. */
  get isSwallowing(): boolean {
    return this.swallowing;
  }

  /** The statement with this text that is asked as the `nth` does not arrive, nor does anything after it. */
  holdUpFrom(statement: string, nth: number): void {
    this.holdFrom = { statement, times: nth };
  }

  /** Whether that statement was asked. */
  get isHolding(): boolean {
    return this.held !== undefined;
  }

  /** Lets everything through that was held up. */
  letGo(): void {
    for (const { data, to } of this.held ?? []) to.write(data);
    this.held = undefined;
  }

  /** A statement is sent once by each connection, and its name from then on (PostgreSQL's manual, 54.7: Parse, Bind). */
  private notePrepared(data: Buffer): void {
    for (const [, name, text] of data.toString('latin1').matchAll(/P[^]{4}(\w+)\0([^\0]*)\0/g)) {
      this.prepared.set(name!, text!);
    }
  }

  private asks(data: Buffer, statement: string): boolean {
    if (data.includes(statement)) return true;
    return [...this.prepared].some(
      ([name, text]) => text.includes(statement) && data.includes(`\0${name}\0`),
    );
  }

  private isHeldUp(data: Buffer): boolean {
    if (this.holdFrom && this.asks(data, this.holdFrom.statement) && --this.holdFrom.times === 0) {
      this.holdFrom = undefined;
      this.held = [];
    }
    return this.held !== undefined;
  }

  /** From here on nothing comes through, on open connections and on new ones, as behind a dead router. */
  fallSilent(): void {
    this.silent = true;
    for (const socket of this.sockets) this.deaf.add(socket);
  }

  /** New connections work again; those from before never will. */
  speakAgain(): void {
    this.silent = false;
  }

  /** Open connections stay with their server. */
  leadTo(target: URL): void {
    this.target = target;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.server!.close(() => done()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
    this.swallowing = false;
    this.swallowFrom = undefined;
  }
}
