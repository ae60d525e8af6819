import type { ToolArguments, Tools } from '#client';
import { readFile } from 'node:fs/promises';
import { basename, matchesGlob } from 'node:path';

const DEFAULT_RESULTS = 100;

/** The workspace, as a search sees it. */
export interface Searched {
  /** All files beneath a folder, from the top of the workspace; folders end with a slash. */
  readonly list: (path: string) => Promise<string[]>;
  /** Where a file really is. */
  readonly locate: (path: string) => Promise<string>;
}

/** The tools that look for files, by name and by text. */
export const searchTools = ({
  list,
  locate,
}: Searched): Required<Pick<Tools, 'glob' | 'search_in_code'>> => ({
  glob: async ({ pattern, path = '.', max_results = DEFAULT_RESULTS }) => {
    const beneath = path === '.' ? '' : `${path}/`;
    const found = (await list(path)).filter(
      (file) => !file.endsWith('/') && matchesGlob(file.slice(beneath.length), pattern),
    );
    return found.slice(0, max_results).join('\n') || `Nothing matches ${pattern}`;
  },
  search_in_code: async (args) => {
    const { query, path = '.', file_pattern, max_results = DEFAULT_RESULTS, output } = args;
    const isWanted = testOf(args);
    const found: string[] = [];
    for (const file of await list(path)) {
      if (file.endsWith('/') || (file_pattern && !fits(file, file_pattern))) continue;
      // A link that leads out, or to a folder, is not searched.
      const text = await locate(file)
        .then((real) => readFile(real, 'utf8'))
        .catch(() => '');
      const lines = text.split('\n');
      const hits = [...lines.keys()].filter((index) => isWanted(lines[index]!));
      if (hits.length === 0) continue;
      found.push(...(output === 'files' ? [file] : hits.map((hit) => passage(file, lines, hit, args))));
      if (found.length >= max_results) break;
    }
    return found.slice(0, max_results).join('\n') || `Nothing matches ${query}`;
  },
});

function testOf({
  query,
  case_sensitive,
  regex,
}: ToolArguments['search_in_code']): (line: string) => boolean {
  const expression = regex ? new RegExp(query, case_sensitive ? '' : 'i') : undefined;
  const fold = (text: string) => (case_sensitive ? text : text.toLowerCase());
  return (line) => expression?.test(line) ?? fold(line).includes(fold(query));
}

/** A line that fits, with those around it if they are wanted. */
function passage(
  file: string,
  lines: readonly string[],
  hit: number,
  { context_lines: around = 0 }: ToolArguments['search_in_code'],
): string {
  if (around === 0) return `${file}:${hit + 1}: ${lines[hit]!.trim()}`;
  const first = Math.max(0, hit - around);
  return lines
    .slice(first, hit + around + 1)
    .map((line, index) => `${file}:${first + index + 1}${first + index === hit ? ':' : '-'} ${line}`)
    .join('\n');
}

/** A pattern without a slash is about names, one with a slash about paths. */
export const fits = (file: string, pattern: string): boolean =>
  matchesGlob(pattern.includes('/') ? file : basename(file), pattern);
