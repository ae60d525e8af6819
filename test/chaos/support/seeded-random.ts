/** Chance that can be repeated: the same seed gives the same numbers (mulberry32). */
export class SeededRandom {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** The seed of CHAOS_SEED, or a new one. */
  static fromEnvironment(): SeededRandom {
    const given = process.env['CHAOS_SEED'];
    return new SeededRandom(given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given));
  }

  /** Another one, for a caller that draws at times that cannot be repeated. */
  fork(): SeededRandom {
    return new SeededRandom(this.whole(0, 2 ** 31));
  }

  /** From 0 up to, but without, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)]!;
  }
}
