import type { Lab } from './lab.ts';
import type { Figure, Sides } from './sides.ts';

/** What a run is asked for by `--only`, and what it finds out. */
export interface Measure {
  readonly name: string;
  readonly title: string;
  run(lab: Lab, report: Report): Promise<void>;
}

export interface Report {
  readonly row: (row: Row) => void;
  /** Something in words, such as why a row is missing. */
  readonly note: (text: string) => void;
}

/** One line of the table. */
export interface Row extends Sides<Figure> {
  readonly what: string;
  readonly unit: string;
  readonly target?: Target;
  /** What the table has no column for. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface Target {
  readonly text: string;
  readonly reached: boolean;
}

/** Two figures of a distribution say enough of what is only compared with. */
export interface Ratio {
  readonly p50: number;
  /** Of figures that have one. */
  readonly p95?: number;
}

/** How many times the other one; undefined where there is no other, or it is 0. */
export function ratioOf(figure: Figure, other: Figure | undefined): Ratio | undefined {
  if (other === undefined || middleOf(other) === 0) return undefined;
  if (typeof figure === 'number' || typeof other === 'number') {
    return { p50: middleOf(figure) / middleOf(other) };
  }
  return { p50: figure.p50 / other.p50, p95: figure.p95 / other.p95 };
}

export const middleOf = (figure: Figure): number => (typeof figure === 'number' ? figure : figure.p50);
