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

/** Within a round, and what each side is called where it fails. */
const ORDER = { proxy: 'the proxy', floor: 'the floor', before: 'the other build', figure: 'the server' };
const NAMES = Object.keys(ORDER) as (keyof typeof ORDER)[];

/**
 * Lets the sides take turns, so that a machine that becomes slower does so for all of them.
 * @throws Error that says which side failed, and in which round
 */
export async function inRounds<Side, T>(
  rounds: number,
  sides: Sides<Side>,
  work: (side: Side) => Promise<T>,
): Promise<Sides<readonly T[]>> {
  const results = new Map<keyof Sides<T>, T[]>();
  for (let round = 0; round < rounds; round++) {
    for (const name of NAMES) {
      const side = sides[name];
      if (side === undefined) continue;
      const result = await work(side).catch((cause: unknown) => {
        const { message } = cause as Error;
        throw new Error(`${ORDER[name]}, in round ${round + 1}: ${message}`, { cause });
      });
      results.set(name, [...(results.get(name) ?? []), result]);
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

/** Of distributions quantile by quantile; their `max` is the worst of all rounds. */
function medianOf(figures: readonly Figure[]): Figure {
  const distributions = figures.filter((figure) => typeof figure === 'object');
  if (distributions.length === 0) return middle(figures.filter((figure) => typeof figure === 'number'));
  return {
    count: distributions.reduce((sum, { count }) => sum + count, 0),
    p50: middle(distributions.map(({ p50 }) => p50)),
    p95: middle(distributions.map(({ p95 }) => p95)),
    p99: middle(distributions.map(({ p99 }) => p99)),
    max: worst(distributions),
  };
}

/** Of times the longest; of speeds, whose `max` lies below the median, the slowest. */
function worst(distributions: readonly Distribution[]): number {
  const extreme = distributions.some(({ p50, max }) => max < p50) ? Math.min : Math.max;
  return extreme(...distributions.map(({ max }) => max));
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
