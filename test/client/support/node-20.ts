import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The oldest Node that the library supports: that of NODE_20, or one of this line on the PATH. */
export function findNode20(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [process.env['NODE_20'], ...folders.map((folder) => join(folder, 'node'))];
  return candidates.find(
    (path) =>
      path && existsSync(path) && execFileSync(path, ['--version'], { encoding: 'utf8' }).startsWith('v20.'),
  );
}
