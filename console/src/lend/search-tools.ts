import type { ToolArguments, Tools } from '@agent-runtime/client';
import { textOf } from '@agent-runtime/client/edit';
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
    const { query, path = '.', file_pattern: pattern, max_results: most = MAX_FOUND, output } = args;
    const isWanted = pattern === undefined ? ALL : matcherOf(pattern);
    const fits = lineTest(args);
    const found: string[] = [];
    for await (const { path: file, handle } of folder.list(path, { deep: true, hidden: false })) {
      if (handle.kind !== 'file' || !isWanted(file)) continue;
      const text = textOf(new Uint8Array(await (await handle.getFile()).arrayBuffer())) ?? '';
      const lines = text.split('\n');
      const hits = [...lines.keys()].filter((index) => fits(lines[index]!));
      if (hits.length > 0 && output === 'files') found.push(file);
      else found.push(...hits.map((hit) => passage(file, lines, hit, args.context_lines)));
      if (found.length >= most) break;
    }
    return found.slice(0, most).join('\n') || `Nothing matches ${query}`;
  },
});

function lineTest({ query, regex, case_sensitive: isExact }: ToolArguments['search_in_code']) {
  const source = regex ? query : query.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const wanted = new RegExp(source, isExact ? '' : 'i');
  return (line: string): boolean => wanted.test(line);
}

/** A line that fits, with those around it if they are wanted. */
function passage(file: string, lines: readonly string[], hit: number, around = 0): string {
  if (around === 0) return `${file}:${hit + 1}: ${lines[hit]!.trim()}`;
  const first = Math.max(0, hit - around);
  return lines
    .slice(first, hit + around + 1)
    .map((line, index) => `${file}:${first + index + 1}${first + index === hit ? ':' : '-'} ${line}`)
    .join('\n');
}
