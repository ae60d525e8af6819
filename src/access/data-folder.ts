import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** The folder of the local server: DATA_DIR, else one for each user, so that it is the same in every project. */
export function dataFolder({ DATA_DIR, XDG_DATA_HOME }: NodeJS.ProcessEnv): string {
  if (DATA_DIR) return resolve(DATA_DIR);
  if (XDG_DATA_HOME && isAbsolute(XDG_DATA_HOME)) return join(XDG_DATA_HOME, 'agent-runtime');
  const place = process.platform === 'darwin' ? 'Library/Application Support' : '.local/share';
  return join(homedir(), place, 'agent-runtime');
}
