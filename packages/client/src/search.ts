import type { ToolArguments } from './tools.ts';

/**
 * What `search_in_code` answers of one file, as its arguments say: its lines that fit, with those around them, or its path.
 * @throws SyntaxError for a `query` that is no regular expression
 */
export function searchFor({
  query,
  regex,
  case_sensitive: isExact,
  context_lines: around = 0,
  output,
}: ToolArguments['search_in_code']): (path: string, text: string) => string[] {
  const source = regex ? query : query.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const wanted = new RegExp(source, isExact ? '' : 'i');
  return (path, text) => {
    const lines = text.split('\n');
    const hits = [...lines.keys()].filter((index) => wanted.test(lines[index]!));
    if (output === 'files') return hits.length > 0 ? [path] : [];
    return hits.map((hit) => passage(path, lines, hit, around));
  };
}

function passage(path: string, lines: readonly string[], hit: number, around: number): string {
  if (around === 0) return `${path}:${hit + 1}: ${lines[hit]!.trim()}`;
  const first = Math.max(0, hit - around);
  return lines
    .slice(first, hit + around + 1)
    .map((line, index) => `${path}:${first + index + 1}${first + index === hit ? ':' : '-'} ${line}`)
    .join('\n');
}
