import { clip } from '../../../../shared/domain/clip.js';
import { JsonObject } from '../../../../shared/domain/json.js';

const LONGEST = 200;

/** One line that describes a tool call to a human. */
export function subjectOf(toolName: string, args: JsonObject): string {
  const { command, path, to, query, pattern } = args;
  const isMove = typeof path === 'string' && typeof to === 'string';
  const object = isMove ? `${path} → ${to}` : (command ?? path ?? query ?? pattern);
  const line = typeof object === 'string' ? `${toolName} ${object.replace(/\s+/g, ' ')}` : toolName;
  return clip(line, LONGEST);
}
