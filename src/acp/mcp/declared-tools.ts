import type { Tool } from '@modelcontextprotocol/client';
import type { DeclareTools, Json } from '#client';
import { clean } from '../text.js';
import { declaredName } from './tool-names.js';

export type DeclaredTool = DeclareTools['tools'][number];

/** What the server takes of all clients of a session. */
const MOST_TOOLS = 64;
const MOST_BYTES = 128 * 1024;
/** What the server writes for each tool beside what it is told. */
const BESIDE_BYTES = 64;
/** In characters. */
const LONGEST_DESCRIPTION = 4_000;

/** A tool of an MCP server, as it is declared. */
export function declaredTool(server: string, tool: Tool): DeclaredTool {
  const { name, title, description, inputSchema, annotations } = tool;
  const text = clean(description?.trim() || title?.trim() || annotations?.title?.trim() || name);
  const isRead = annotations?.readOnlyHint === true && annotations.destructiveHint !== true;
  return {
    name: declaredName(server, name),
    description: text.slice(0, LONGEST_DESCRIPTION).toWellFormed(),
    parameters: inputSchema as Record<string, Json>,
    effect: isRead ? 'read' : 'execute',
  };
}

/** The first of the tools that have room beside those of other clients. */
export function fitting(
  tools: readonly DeclaredTool[],
  others: readonly DeclaredTool[] = [],
): readonly DeclaredTool[] {
  let count = MOST_TOOLS - others.length;
  let bytes = MOST_BYTES - others.reduce((sum, tool) => sum + bytesOf(tool), 0);
  return tools.filter((tool) => {
    const needed = bytesOf(tool);
    const fits = count > 0 && needed <= bytes;
    if (fits) [count, bytes] = [count - 1, bytes - needed];
    return fits;
  });
}

const bytesOf = (tool: DeclaredTool): number => Buffer.byteLength(JSON.stringify(tool)) + BESIDE_BYTES;
