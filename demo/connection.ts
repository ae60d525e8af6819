/** The network of the demo: a `fetch` whose event streams can be broken off, as a closed laptop would. */
export class Connection {
  readonly #reconnected: (after: string) => void;
  #streams = new AbortController();
  #isCut = false;

  /** @param reconnected is told after which event the reading goes on */
  constructor(reconnected: (after: string) => void) {
    this.#reconnected = reconnected;
  }

  readonly fetch: typeof fetch = (input, init = {}) => {
    if (typeof input !== 'string' || !input.endsWith('/events')) return fetch(input, init);
    if (this.#isCut) this.#reconnected(new Headers(init.headers).get('last-event-id') ?? '0');
    this.#isCut = false;
    const signals = [this.#streams.signal, ...(init.signal ? [init.signal] : [])];
    return fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };

  cut(): void {
    this.#isCut = true;
    this.#streams.abort();
    this.#streams = new AbortController();
  }
}
