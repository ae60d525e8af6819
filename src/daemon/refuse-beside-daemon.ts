import { resolve } from 'node:path';
import { findDaemon } from '../access/find-daemon.js';
import { Config } from '../config/config.js';

/** A daemon serves the data that a server is started for. */
export class DaemonServes extends Error {}

/** @throws DaemonServes where a daemon uses the embedded PostgreSQL of DATA_DIR */
export async function refuseBesideDaemon({ databaseUrl, dataDir }: Config): Promise<void> {
  const daemon = databaseUrl === undefined ? await findDaemon(resolve(dataDir)) : undefined;
  if (!daemon || daemon.isEnding) return;
  throw new DaemonServes(
    `Cannot start: the daemon of ${resolve(dataDir)} serves it at ${daemon.url} (process ${daemon.pid}). \`agent-runtime console\` opens its page; it ends by itself when it is not used, or by SIGTERM`,
  );
}
