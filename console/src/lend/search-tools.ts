import type { Tools } from '@agent-runtime/client';
import { searchFor, textOf } from '@agent-runtime/client/edit';
import type { LentFolder } from './folder.ts';
import { matcherOf } from './glob.ts';

type Names = 'list_files' | 'glob' | 'search_in_code';

const MAX_FOUND = 100;
const ALL = () => true;

/** The tools that look for files, by name and by text. */
export const searchTools = (folder: LentFolder): Required<Pick<Tools, Names>> => ({
  list_files: async ({ path, recursive: deep = false, include_hidden: hidden = false, pattern }) => {
    const isWanted = pattern === undefined ? ALL : matcherOf(pattern);
    const names: string[] = [];
    for await (const entry of folder.list(path, { deep, hidden })) {
      if (isWanted(entry.path)) names.push(entry.path);
    }
    return names;
  },
  glob: async ({ pattern, path = '.', max_results: most = MAX_FOUND }) => {
    const isWanted = matcherOf(pattern);
    const beneath = path === '.' ? 0 : path.length + 1;
    const found: string[] = [];
    for await (const entry of folder.list(path, { deep: true, hidden: false })) {
      if (entry.handle.kind === 'file' && isWanted(entry.path.slice(beneath))) found.push(entry.path);
      if (found.length >= most) break;
    }
    return found.join('\n') || `Nothing matches ${pattern}`;
  },
  search_in_code: async (args) => {
    const { query, path = '.', file_pattern: pattern, max_results: most = MAX_FOUND } = args;
    const isWanted = pattern === undefined ? ALL : matcherOf(pattern);
    const search = searchFor(args);
    const found: string[] = [];
    for await (const { path: file, handle } of folder.list(path, { deep: true, hidden: false })) {
      if (handle.kind !== 'file' || !isWanted(file)) continue;
      const text = textOf(new Uint8Array(await (await handle.getFile()).arrayBuffer())) ?? '';
      found.push(...search(file, text));
      if (found.length >= most) break;
    }
    return found.slice(0, most).join('\n') || `Nothing matches ${query}`;
  },
});
