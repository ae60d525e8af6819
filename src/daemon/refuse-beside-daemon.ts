import { resolve } from 'node:path';
import { findDaemons } from '../access/find-daemon.js';
import { Config } from '../config/config.js';

/** A daemon serves the data that a server is started for. */
export class DaemonServes extends Error {}

/** @throws DaemonServes where a daemon uses the embedded PostgreSQL of DATA_DIR */
export async function refuseBesideDaemon({ databaseUrl, dataDir }: Config): Promise<void> {
  if (databaseUrl !== undefined) return;
  const folder = resolve(dataDir);
  const daemon = (await findDaemons(folder)).find(({ isEnding }) => !isEnding);
  if (!daemon) return;
  throw new DaemonServes(
    `Cannot start: the daemon of ${folder} serves it at ${daemon.url} (process ${daemon.pid}). \`agent-runtime console\` opens its page; it ends by itself when it is not used, or by SIGTERM`,
  );
}
