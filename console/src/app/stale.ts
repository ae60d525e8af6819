import { queryClient } from './queries.ts';

/** Events and hints come in bunches. */
const GATHER_MS = 150;

const gathered = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Has queries fetched anew, by the first part of their key; several within a moment at once. */
export function markStale(...keys: readonly string[]): void {
  for (const key of keys) gathered.add(key);
  timer ??= setTimeout(() => {
    timer = undefined;
    const all = new Set(gathered);
    gathered.clear();
    void queryClient.invalidateQueries({ predicate: ({ queryKey: [first] }) => all.has(first as string) });
  }, GATHER_MS);
}
