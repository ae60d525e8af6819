/**
 * A signal that follows others for a while, and may be aborted by itself. `AbortSignal.any` would stay with a signal that
 * lives for hours.
 */
export class Line {
  readonly #controller = new AbortController();
  readonly #outer: readonly AbortSignal[];

  constructor(...outer: (AbortSignal | undefined)[]) {
    this.#outer = outer.filter((signal) => signal !== undefined);
    for (const signal of this.#outer) {
      if (signal.aborted) this.abort(signal.reason);
      signal.addEventListener('abort', this);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  /** Waits for `work`, and aborts the signal when it takes longer; Infinity = no limit. */
  async within<T>(ms: number, work: Promise<T>): Promise<T> {
    const late = () => this.abort(new DOMException(`Nothing came for ${ms} ms`, 'TimeoutError'));
    const timer = ms < Infinity ? setTimeout(late, ms) : undefined;
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Follows the other signals no longer. */
  close(): void {
    for (const signal of this.#outer) signal.removeEventListener('abort', this);
  }

  handleEvent({ target }: Event): void {
    this.abort((target as AbortSignal).reason);
  }
}

/** Rejects with the reason of the signal when that is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((wake, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason as Error);
      else wake();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

const LONGEST_PAUSE_MS = 15_000;

/** Twice as long after each failure, and another one for each client, so that they do not come back all together. */
export const backOff = (firstMs: number, failures: number): number =>
  Math.min(firstMs * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
