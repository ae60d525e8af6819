/** Looks into a process of Node.js while it runs, by the protocol of its developer tools. */
export class Inspector implements Disposable {
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (result: unknown) => void>();
  private lastId = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (id === undefined) return;
      this.waiting.get(id)?.(result);
      this.waiting.delete(id);
    });
  }

  static async of(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error('the inspector does not answer')));
    });
    return new Inspector(socket);
  }

  /** The memory in use after a garbage collection, in KB. */
  async heldKb(): Promise<number> {
    await this.ask('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await this.ask<{
      usedSize: number;
      backingStorageSize?: number;
    }>('Runtime.getHeapUsage');
    return (usedSize + (backingStorageSize ?? 0)) / 1024;
  }

  async startProfile(): Promise<void> {
    await this.ask('Profiler.enable');
    await this.ask('Profiler.start');
  }

  async stopProfile(): Promise<object> {
    return (await this.ask<{ profile: object }>('Profiler.stop')).profile;
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }

  private ask<Result>(method: string): Promise<Result> {
    const id = ++this.lastId;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve as (result: unknown) => void);
      this.socket.send(JSON.stringify({ id, method }));
    });
  }
}
