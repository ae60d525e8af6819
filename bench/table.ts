import { type Ratio, type Row, middleOf, ratioOf } from './measure.ts';
import type { Figure } from './sides.ts';

interface Column {
  readonly head: string;
  readonly isText?: boolean;
  readonly cell: (row: Row) => string;
}

/** Of a distribution; a single number stands in the place of the p50. */
const quantile = (head: 'p50' | 'p95' | 'p99' | 'max'): Column => ({
  head,
  cell: ({ figure }) =>
    typeof figure === 'object' ? shown(figure[head]) : head === 'p50' ? shown(figure) : '',
});

const COLUMNS: readonly Column[] = [
  { head: '', isText: true, cell: ({ what }) => what },
  { head: 'unit', isText: true, cell: ({ unit }) => unit },
  ...(['p50', 'p95', 'p99', 'max'] as const).map(quantile),
  { head: 'proxy', cell: ({ proxy }) => (proxy === undefined ? '' : shown(middleOf(proxy))) },
  { head: 'ratio', cell: ({ figure, proxy }) => pair(ratioOf(figure, proxy)?.p50) },
  { head: 'floor', cell: ({ floor }) => pair(floor) },
  { head: 'ratio to floor', cell: ({ figure, floor }) => pair(ratioOf(figure, floor)) },
  { head: 'before', cell: ({ before }) => pair(before) },
  { head: 'target', isText: true, cell: ({ target }) => target?.text ?? '' },
  { head: 'reached', isText: true, cell: ({ target }) => (target ? (target.reached ? 'yes' : 'NO') : '') },
];

/** A table in Markdown, which can be read as it is too. Columns that no row fills are left out. */
export function tableOf(rows: readonly Row[]): string {
  const columns = COLUMNS.filter(({ head, cell }) => head === '' || rows.some((row) => cell(row) !== ''));
  const lines = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]!.length)));
  const [head, ...body] = lines.map((cells) =>
    lineOf(
      cells.map((cell, column) =>
        columns[column]!.isText ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      ),
    ),
  );
  const rule = lineOf(
    widths.map((width, column) =>
      columns[column]!.isText ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
    ),
  );
  return [head, rule, ...body].join('\n');
}

/** Of what is only compared with: p50 and p95. */
function pair(figure: Figure | Ratio | undefined): string {
  if (figure === undefined) return '';
  if (typeof figure === 'number') return shown(figure);
  return [figure.p50, figure.p95]
    .filter((value) => value !== undefined)
    .map(shown)
    .join(' / ');
}

/** Three digits say enough. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
