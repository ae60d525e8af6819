/** The server of one user, which its clients start (src/access): it ends by itself, and is found by a file. */
import { closeSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { STARTED_FD, type Started } from './access/start-daemon.js';
import { readCommandLine } from './command-line.js';
import { readConfig } from './config/read-config.js';
import { replaceDaemon } from './daemon/replace-daemon.js';
import { explainFailedStart } from './failed-start.js';
import { runProcess } from './run-process.js';
import { DatabaseLocation } from './shared/infrastructure/persistence/database-location.js';

const USAGE = 'usage: daemon-cli --setup STAMP';

const { values } = readCommandLine(USAGE, { setup: { type: 'string', default: 'none' } });

/** Says how the start went to the client that waits for it. */
function tell(started: Started): void {
  try {
    writeSync(STARTED_FD, `${JSON.stringify(started)}\n`);
    closeSync(STARTED_FD);
  } catch (error) {
    console.error('No client waits for this start:', error); // it was killed, or there is none
  }
}

runProcess(async () => {
  try {
    const config = readConfig();
    const location = await DatabaseLocation.open(config);
    const app = await replaceDaemon(resolve(config.dataDir), location.url, async (folder) => {
      const { startDaemonApp } = await import('./daemon-app.js');
      return startDaemonApp(folder, values.setup);
    });
    await location.embedded?.stop();
    tell({});
    if (!app) process.exit();
    return app;
  } catch (error) {
    const reason = explainFailedStart(error);
    tell({ fault: typeof reason === 'string' ? reason : String(error) });
    throw error;
  }
});
