import { eventually } from '../../support/eventually.js';
import { ServerProcess } from '../../support/server-process.js';

const MB = 1024 * 1024;

/** Lets a process be looked into: what its environment must hold for `heapOf`. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** The memory a process uses after a garbage collection, in MB. */
export async function heapOf(server: ServerProcess): Promise<number> {
  const url = await eventually(() => {
    const [, found] = /Debugger listening on (ws:\S+)/.exec(server.errors) ?? [];
    if (!found) throw new Error('the process cannot be looked into');
    return found;
  });
  const inspector = new WebSocket(url);
  await new Promise((resolve, reject) => {
    inspector.addEventListener('open', resolve);
    inspector.addEventListener('error', () => reject(new Error('the inspector does not answer')));
  });
  try {
    await ask(inspector, 'HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await ask<{ usedSize: number; backingStorageSize?: number }>(
      inspector,
      'Runtime.getHeapUsage',
    );
    return (usedSize + (backingStorageSize ?? 0)) / MB;
  } finally {
    inspector.close();
  }
}

function ask<Result>(inspector: WebSocket, method: string): Promise<Result> {
  return new Promise((resolve) => {
    inspector.addEventListener(
      'message',
      (message) => {
        resolve((JSON.parse(String(message.data)) as { result: Result }).result);
      },
      { once: true },
    );
    inspector.send(JSON.stringify({ id: 1, method }));
  });
}
