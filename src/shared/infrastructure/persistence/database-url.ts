import { readFile } from 'node:fs/promises';
import { ConfigInvalid } from '../../../config/config.js';

const FILES = ['sslrootcert', 'sslcert', 'sslkey'];

/**
 * DATABASE_URL for pg, which by itself takes `require` and `verify-ca` for `verify-full`. TLS gets the meaning that it has
 * for psql: `require` encrypts, `verify-ca` checks the authority, `verify-full` also the host.
 * @throws ConfigInvalid for a certificate or key that cannot be read
 */
export async function likePsql(given: string): Promise<string> {
  const url = new URL(given);
  const parameters = url.searchParams;
  if (parameters.get('sslrootcert') === 'system') {
    // The authorities that Node.js knows, which is its default.
    parameters.delete('sslrootcert');
    parameters.set('sslmode', 'verify-full');
  }
  for (const name of FILES) {
    const file = parameters.get(name);
    if (file === null) continue;
    await readFile(file).catch(({ code }: NodeJS.ErrnoException) => {
      throw new ConfigInvalid([`DATABASE_URL must name a file in ${name} that can be read (${code})`]);
    });
  }
  // `no-verify` is a word of pg alone.
  const mode = parameters.get('sslmode');
  if (mode !== null && mode !== 'no-verify') parameters.set('uselibpqcompat', 'true');
  return url.href;
}
