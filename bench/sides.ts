import type { Distribution } from './distribution.ts';

/** The same of the server and of what it is compared with. */
export interface Sides<T> {
  /** The server. */
  readonly figure: T;
  /** The limit of the machine. */
  readonly proxy?: T;
  /** The least that a durable server does. */
  readonly floor?: T;
  /** Another build of the server, that of `--against`. */
  readonly before?: T;
}

/** A single number where there is only one. */
export type Figure = Distribution | number;

/** Within a round. */
const ORDER = ['proxy', 'floor', 'before', 'figure'] as const;

/** Lets the sides take turns, so that a machine that becomes slower does so for all of them. */
export async function inRounds<Side, T>(
  rounds: number,
  sides: Sides<Side>,
  work: (side: Side) => Promise<T>,
): Promise<Sides<readonly T[]>> {
  const results = new Map<keyof Sides<T>, T[]>();
  for (let round = 0; round < rounds; round++) {
    for (const name of ORDER) {
      const side = sides[name];
      if (side !== undefined) results.set(name, [...(results.get(name) ?? []), await work(side)]);
    }
  }
  return Object.fromEntries(results) as unknown as Sides<T[]>;
}

/** Of each side the median of its rounds. */
export function mediansOf<T, F extends Figure>(
  rounds: Sides<readonly T[]>,
  of: (result: T) => F,
): Sides<F extends number ? number : Distribution> {
  const entries = Object.entries(rounds) as [keyof Sides<T>, readonly T[]][];
  const medians = entries.map(([name, results]) => [name, medianOf(results.map(of))]);
  return Object.fromEntries(medians) as ReturnType<typeof mediansOf<T, F>>;
}

/** Of distributions quantile by quantile. */
function medianOf(figures: readonly Figure[]): Figure {
  const distributions = figures.filter((figure) => typeof figure === 'object');
  if (distributions.length === 0) return middle(figures.filter((figure) => typeof figure === 'number'));
  return {
    count: distributions.reduce((sum, { count }) => sum + count, 0),
    p50: middle(distributions.map(({ p50 }) => p50)),
    p95: middle(distributions.map(({ p95 }) => p95)),
    p99: middle(distributions.map(({ p99 }) => p99)),
    max: middle(distributions.map(({ max }) => max)),
  };
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
