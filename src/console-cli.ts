/** Opens the web console in a browser: docs/console.md. */
import { spawn } from 'node:child_process';
import { openAccess } from './access/open-access.js';
import { consoleLoginOf } from './access/console-login.js';
import { dataFolder } from './access/data-folder.js';
import { LOCAL_URL, LocalServer } from './access/local-server.js';
import { readSetup } from './access/setup-file.js';
import { readCommandLine } from './command-line.js';

const USAGE = `usage: agent-runtime console

Prints the address of the web console and opens it in a browser. The server is the one that AGENT_RUNTIME_URL names, or
the one chosen by agent-runtime acp setup. Otherwise it is your own server: it is started when needed, and you are signed in.`;

const OPENER = process.platform === 'darwin' ? 'open' : 'xdg-open';

/** Without a browser the printed address is what is left. */
function open(target: string): void {
  const opener = spawn(OPENER, [target], { stdio: 'ignore', detached: true });
  opener.on('error', () => console.error(`There is no ${OPENER}: open the address in a browser.`));
  opener.unref();
}

async function main(): Promise<void> {
  readCommandLine(USAGE, {});
  const folder = dataFolder(process.env);
  const { url } = openAccess(process.env);
  const other = url === LOCAL_URL ? (await readSetup(folder))['AGENT_RUNTIME_URL'] : url;
  if (other) {
    const address = `${new URL(other).href.replace(/\/$/, '')}/console/`;
    console.log(address);
    return open(address);
  }
  const { page, address } = await consoleLoginOf(await new LocalServer(folder).daemon());
  console.log(`${address}\nThe address can be used once, within a minute.`);
  open(page);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
