import { type Row, ratioOf } from './measure.ts';

const COLUMNS = ['', 'unit', 'p50 or value', 'p95', 'p99', 'max', 'proxy', 'ratio', 'target', 'reached'];

/** A table in Markdown, which can be read as it is too. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [COLUMNS, ...rows.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]!.length)));
  const [head, ...body] = lines.map((cells) =>
    lineOf(cells.map((cell, column) => pad(cell, widths, column))),
  );
  const rule = lineOf(
    widths.map((width, column) => (isText(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  );
  return [head, rule, ...body].join('\n');
}

function cellsOf(row: Row): string[] {
  const { figure, baseline, target } = row;
  const [p50, p95, p99, max] =
    typeof figure === 'number' ? [figure] : [figure.p50, figure.p95, figure.p99, figure.max];
  const proxy = typeof baseline === 'object' ? baseline.p50 : baseline;
  return [
    row.what,
    row.unit,
    ...[p50, p95, p99, max, proxy, ratioOf(row)].map((value) => (value === undefined ? '' : shown(value))),
    target?.text ?? '',
    target ? (target.reached ? 'yes' : 'NO') : '',
  ];
}

/** Three digits say enough. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

const isText = (column: number): boolean => column < 2 || column > 7;

const pad = (cell: string, widths: readonly number[], column: number): string =>
  isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
