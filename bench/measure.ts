import type { Distribution } from './distribution.ts';
import type { Lab } from './lab.ts';

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
export interface Row {
  readonly what: string;
  readonly unit: string;
  /** A single number where there is only one. */
  readonly figure: Distribution | number;
  /** The same of the proxy. */
  readonly baseline?: Distribution | number;
  readonly target?: Target;
  /** What the table has no column for. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface Target {
  readonly text: string;
  readonly reached: boolean;
}

export const middleOf = (figure: Distribution | number): number =>
  typeof figure === 'number' ? figure : figure.p50;

/** Of the middles: how many times the baseline. */
export const ratioOf = ({ figure, baseline }: Pick<Row, 'figure' | 'baseline'>): number | undefined =>
  baseline === undefined ? undefined : middleOf(figure) / middleOf(baseline);
