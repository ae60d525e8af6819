/** Whether a path fits a glob; a pattern without a slash is of names, in any folder. */
export function matcherOf(pattern: string): (path: string) => boolean {
  const source = pattern.replaceAll(/\*\*\/|\*\*|[*?]|[.+^${}()|[\]\\]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  const whole = new RegExp(`^${pattern.includes('/') ? '' : '(?:.*/)?'}${source}/?$`);
  return (path) => whole.test(path);
}
