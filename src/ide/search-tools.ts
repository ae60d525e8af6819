import type { Tools } from '#client';
import { searchFor } from '#client/edit';
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
    const { query, path = '.', file_pattern, max_results = DEFAULT_RESULTS } = args;
    const search = searchFor(args);
    const found: string[] = [];
    for (const file of await list(path)) {
      if (file.endsWith('/') || (file_pattern && !fits(file, file_pattern))) continue;
      // A link that leads out, or to a folder, is not searched.
      const text = await locate(file)
        .then((real) => readFile(real, 'utf8'))
        .catch(() => '');
      found.push(...search(file, text));
      if (found.length >= max_results) break;
    }
    return found.slice(0, max_results).join('\n') || `Nothing matches ${query}`;
  },
});

/** A pattern without a slash is about names, one with a slash about paths. */
export const fits = (file: string, pattern: string): boolean =>
  matchesGlob(pattern.includes('/') ? file : basename(file), pattern);
