import { randomBytes } from 'node:crypto';
import { keyFileOf } from '../access/daemon-files.js';
import { readPrivate, writePrivate } from '../access/private-file.js';

/** The key of the local user, made at the first start. @throws NotPrivate */
export async function keyOf(folder: string): Promise<string> {
  const known = await readPrivate(keyFileOf(folder));
  if (known) return known.trim();
  const key = `ar_${randomBytes(32).toString('base64url')}`;
  await writePrivate(keyFileOf(folder), `${key}\n`);
  return key;
}
