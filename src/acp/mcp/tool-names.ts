import { createHash } from 'node:crypto';

const LONGEST = 64;
const MARK_LENGTH = 6;

const CLEAN = /^[A-Za-z0-9_-]+$/;

/**
 * The name under which a tool of an MCP server is declared: `mcp__SERVER__TOOL` where that says both and is short enough. Other
 * names get a mark that is made of both, so that no tool takes the name of another one, whatever servers come and go: what a
 * user allows for a session is remembered by name.
 */
export function declaredName(server: string, tool: string): string {
  const name = `mcp__${server}__${tool}`;
  const isPlain = [server, tool].every((part) => CLEAN.test(part)) && !server.includes('__');
  if (isPlain && !server.endsWith('_') && name.length <= LONGEST) return name;
  const mark = createHash('sha256')
    .update(JSON.stringify([server, tool]))
    .digest('hex');
  const clean = name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, LONGEST - MARK_LENGTH - 1);
  return `${clean}_${mark.slice(0, MARK_LENGTH)}`;
}
