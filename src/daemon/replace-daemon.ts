import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LOGIN_PAGE, writeAddress } from '../access/daemon-files.js';
import { type Daemon, findDaemons, isFit, socketsOf } from '../access/find-daemon.js';
import { exclusively } from '../shared/infrastructure/persistence/exclusively.js';

/**
 * Starts a daemon, unless there is one that can be used, whose address is written anew in case it was damaged. One that cannot
 * is told to end when the new one serves: runs go on there. Of several processes that start at once the others wait, and find what the first has started.
 * @returns undefined where there is one
 */
export function replaceDaemon<App>(
  folder: string,
  databaseUrl: string,
  start: (folder: string) => Promise<App>,
): Promise<App | undefined> {
  return exclusively(databaseUrl, `agent-runtime daemon of ${folder}`, async () => {
    const all = await findDaemons(folder);
    const fits = await Promise.all(all.map((daemon) => isFit(daemon, folder)));
    const fit = all.find((_, index) => fits[index]);
    if (fit) await writeAddress(folder, fit);
    else await removeLeftOver(folder, all);
    const app = fit ? undefined : await start(folder);
    for (const daemon of all) if (daemon !== fit && !daemon.isEnding) tellToEnd(daemon.pid);
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

/** Of daemons that were killed: their sockets, and the folders of those. */
async function removeLeftOver(folder: string, alive: readonly Daemon[]): Promise<void> {
  for (const socket of await socketsOf(folder)) {
    if (alive.some((daemon) => daemon.socket === socket)) continue;
    await rm(socket, { force: true });
    await rm(join(dirname(socket), LOGIN_PAGE), { force: true });
    await rmdir(dirname(socket)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error; // one that ends removes its own
    });
  }
}
