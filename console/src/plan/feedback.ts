/** One text of the comments on a plan: those on steps by their position, that on the whole as 0. */
export function feedbackOf(comments: Readonly<Record<number, string>>): string {
  return Object.entries(comments)
    .map(([position, text]) => [Number(position), text.trim()] as const)
    .filter(([, text]) => text !== '')
    .toSorted(([a], [b]) => a - b)
    .map(([position, text]) => (position === 0 ? text : `Step ${position}: ${text}`))
    .join('\n');
}
