/** As long as the server gathers. */
const GATHER_MS = 100;

export interface Piece {
  readonly offset: number;
  readonly text: string;
}

/** An answer that is still being read: its first piece is due at once, its end too, what comes between gathers. */
export class GrowingAnswer {
  readonly sessionId: string;
  readonly messageId: string;
  /** Called when the piece is stored. */
  readonly show: (piece: Piece) => void;
  private readonly store: (answer: GrowingAnswer) => Promise<void>;
  private whole = '';
  private taken = 0;
  private gathering: NodeJS.Timeout | undefined;
  private stored = Promise.resolve();

  constructor(
    { sessionId, messageId }: { readonly sessionId: string; readonly messageId: string },
    store: (answer: GrowingAnswer) => Promise<void>,
    show: (piece: Piece) => void,
  ) {
    this.sessionId = sessionId;
    this.messageId = messageId;
    this.store = store;
    this.show = show;
  }

  add(text: string): void {
    this.whole += text;
    if (!this.gathering) this.stored = this.store(this);
  }

  /** @returns the whole text, when all of it is stored and shown */
  async end(): Promise<string> {
    await this.storeRest();
    return this.whole;
  }

  /** What is not stored yet, at the moment at which it is written. */
  take(): Piece {
    this.gathering = setTimeout(() => {
      this.gathering = undefined;
      void this.storeRest();
    }, GATHER_MS);
    const offset = this.taken;
    this.taken = this.whole.length;
    return { offset, text: this.whole.slice(offset) };
  }

  private storeRest(): Promise<void> {
    if (this.taken < this.whole.length) this.stored = this.store(this);
    return this.stored;
  }
}
