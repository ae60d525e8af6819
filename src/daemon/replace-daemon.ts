import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LOGIN_PAGE, readAddress } from '../access/daemon-files.js';
import { findDaemon, isFit } from '../access/find-daemon.js';
import { isPrivateFolder } from '../access/private-file.js';
import { exclusively } from '../shared/infrastructure/persistence/exclusively.js';

/**
 * Starts a daemon, unless there is one that can be used. One that cannot is told to end when the new one serves: runs go on
 * there. Of several processes that start at once the others wait, and find what the first has started.
 * @returns undefined where there is one
 */
export function replaceDaemon<App>(
  folder: string,
  databaseUrl: string,
  start: (folder: string) => Promise<App>,
): Promise<App | undefined> {
  return exclusively(databaseUrl, `agent-runtime daemon of ${folder}`, async () => {
    const there = await findDaemon(folder);
    if (there && (await isFit(there, folder))) return undefined;
    if (!there) await removeLeftOver(folder);
    const app = await start(folder);
    if (there && !there.isEnding) tellToEnd(there.pid);
    return app;
  });
}

function tellToEnd(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended while this one started
  }
}

/** Of a daemon that was killed: its socket, and the folder of that. */
async function removeLeftOver(folder: string): Promise<void> {
  const address = await readAddress(folder);
  const left = address && dirname(address.socket);
  if (!left || !(await isPrivateFolder(left))) return;
  await rm(address.socket, { force: true });
  await rm(join(left, LOGIN_PAGE), { force: true });
  await rmdir(left);
}
