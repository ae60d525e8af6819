import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { LOGIN_PAGE } from './daemon-files.js';
import type { Daemon } from './find-daemon.js';
import { OFFER_LOGIN } from './handshake.js';
import { writePrivate } from './private-file.js';

/** How a browser is led to the console of a daemon, and signed in there. */
export interface ConsoleLogin {
  /** A file that leads to the address: other users see what a browser is started with. */
  readonly page: string;
  /** With a token that can be used once, within a minute. */
  readonly address: string;
}

export async function consoleLoginOf(daemon: Daemon): Promise<ConsoleLogin> {
  const address = `${daemon.url}/console/#login=${await tokenOf(daemon)}`;
  const page = join(dirname(daemon.socket), LOGIN_PAGE);
  await writePrivate(
    page,
    `<!doctype html>\n<meta http-equiv="refresh" content="0; url=${address}">\n<title>agent-runtime</title>\n`,
  );
  return { page, address };
}

function tokenOf({ socket, key }: Daemon): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` };
    request({ socketPath: socket, path: OFFER_LOGIN, method: 'POST', headers }, (response) => {
      (json(response) as Promise<{ token: string }>).then(({ token }) => resolve(token), reject);
    })
      .once('error', reject)
      .end();
  });
}
