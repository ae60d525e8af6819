import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** Of this server, as its package says. */
export const VERSION = (
  JSON.parse(readFileSync(findPackageJSON(import.meta.url)!, 'utf8')) as { version: string }
).version;
