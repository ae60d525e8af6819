import { createHash } from 'node:crypto';
import { DeclaredTool } from '../domain/declared-tool.js';

/** The order of keys counts: models are shown it. */
export const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** By what models are shown of a tool. */
export const digestOfTool = ({
  name,
  description,
  parameters,
}: Pick<DeclaredTool, 'name' | 'description' | 'parameters'>): string =>
  digestOf({ name, description, parameters });
