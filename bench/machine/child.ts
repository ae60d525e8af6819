import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Orders } from '../client/orders.ts';
import type { Said, Told } from '../client/main.ts';
import { Usage } from './usage.ts';

/** Starts a program of the benchmark in its own process, which ends when this process does. */
function start(file: string, ...args: string[]): ChildProcess {
  return fork(join(import.meta.dirname, '..', file), args, { execArgv: [] });
}

/** A server of the benchmark: the model stub or the proxy. */
export class Service implements Disposable {
  readonly url: string;
  readonly usage: Usage;
  private readonly process: ChildProcess;

  private constructor(process: ChildProcess, { port }: AddressInfo) {
    this.process = process;
    this.usage = new Usage(process.pid!);
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(file: string, ...args: string[]): Promise<Service> {
    const child = start(file, ...args);
    const [address] = (await once(child, 'message')) as [AddressInfo];
    return new Service(child, address);
  }

  [Symbol.dispose](): void {
    // Ctrl-C in a terminal has ended it already.
    if (this.process.connected) this.process.disconnect();
  }
}

type Order = keyof Orders;
type What<Name extends Order> = Parameters<Orders[Name]>[0];
type Result<Name extends Order> = Awaited<ReturnType<Orders[Name]>>;

/** The process that measures from outside. */
export class Client implements Disposable {
  readonly usage: Usage;
  private readonly process: ChildProcess;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private lastId = 0;

  private constructor(process: ChildProcess) {
    this.process = process;
    this.usage = new Usage(process.pid!);
    process.on('message', (said: Said) => {
      const waiter = this.waiting.get(said.id);
      this.waiting.delete(said.id);
      if ('error' in said) waiter?.reject(new Error(`The client: ${said.error}`));
      else waiter?.resolve(said.result);
    });
    process.once('exit', () => {
      for (const waiter of this.waiting.values()) waiter.reject(new Error('The client has ended'));
    });
  }

  static async start(): Promise<Client> {
    const child = start('client/main.ts');
    await once(child, 'message');
    return new Client(child);
  }

  do<Name extends Order>(order: Name, what: What<Name>): Promise<Result<Name>> {
    const id = ++this.lastId;
    const waiter = Promise.withResolvers<unknown>();
    this.waiting.set(id, waiter);
    this.process.send({ id, order, what } satisfies Told);
    return waiter.promise as Promise<Result<Name>>;
  }

  [Symbol.dispose](): void {
    // Ctrl-C in a terminal has ended it already.
    if (this.process.connected) this.process.disconnect();
  }
}
