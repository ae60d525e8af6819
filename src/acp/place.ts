import { type McpServer, RequestError } from '@agentclientprotocol/sdk';
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Roots } from '../ide/roots.js';

/** What the server takes. */
const MAX_ROOTS = 20;

/** Where an editor wants a session to work. */
export interface Place {
  readonly cwd: string;
  readonly additionalDirectories?: readonly string[];
  readonly mcpServers?: readonly McpServer[];
}

/** The folders of a place, that of `cwd` first. @throws RequestError that names the field of a folder that is not there */
export async function rootsIn({ cwd, additionalDirectories = [] }: Place): Promise<Roots> {
  await requireFolder('cwd', cwd);
  for (const folder of additionalDirectories) await requireFolder('additionalDirectories', folder);
  const roots = await Roots.of(cwd, additionalDirectories);
  if (roots.all.length > MAX_ROOTS) {
    throw RequestError.invalidParams(
      { additionalDirectories },
      `additionalDirectories are too many: with cwd a session has up to ${MAX_ROOTS} folders`,
    );
  }
  return roots;
}

async function requireFolder(field: 'cwd' | 'additionalDirectories', folder: string): Promise<void> {
  const found = isAbsolute(folder) && (await stat(folder).catch(() => undefined));
  if (found && found.isDirectory()) return;
  const detail = field === 'cwd' ? 'cwd is no folder' : `additionalDirectories: ${folder} is no folder`;
  throw RequestError.invalidParams({ [field]: folder }, `${detail} on this machine`);
}
