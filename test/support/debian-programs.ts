import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps servers out of the PATH of those who are not root. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];

/** With which programs of Debian are found. */
export const PATH = FOLDERS.join(delimiter);

/**
 * Whether what needs a program of Debian is left out: it is not installed, which in CI (it installs them) is a failure.
 */
export const isLeftOutWithout = (program: string): boolean =>
  !process.env['CI'] && !FOLDERS.some((folder) => existsSync(join(folder, program)));
