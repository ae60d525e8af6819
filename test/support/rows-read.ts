import { TestDatabase } from './database.js';

interface Node {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

/** The rows that the plan of a statement reads, of all its loops. */
export async function rowsRead(
  database: TestDatabase,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<number> {
  const [explained] = await database.rows<{ 'QUERY PLAN': [{ Plan: Node }] }>(
    `explain (analyze, format json) ${text}`,
    [...values],
  );
  return readBy(explained!['QUERY PLAN'][0].Plan);
}

const readBy = (node: Node): number =>
  (/Scan/.test(node['Node Type'])
    ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
    : 0) + (node.Plans ?? []).reduce((sum, part) => sum + readBy(part), 0);
