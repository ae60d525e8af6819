import { KeptList } from '../domain/declared-tool.js';
import { StoredTools } from '../domain/tool-list.repository.js';
import { digestOf, digestOfTool } from './digests.js';

/** What a run uses that begins now: the tools of all clients, by name, but for those that a model has refused. */
export async function toolsNow(stored: StoredTools, sessionId: string): Promise<KeptList | undefined> {
  const lists = await stored.listLive(sessionId);
  if (lists.length === 0) return undefined;
  const refused = new Set((await stored.listRefused(sessionId)).map(({ digest }) => digest));
  const tools = lists
    .flatMap((list) => list.tools)
    .filter((tool) => !refused.has(digestOfTool(tool)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return tools.length > 0 ? { digest: digestOf(tools), tools } : undefined;
}
