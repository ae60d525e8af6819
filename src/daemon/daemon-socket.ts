import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { socketIn, socketPrefixOf } from '../access/daemon-files.js';
import { HELLO, type Hello, type Identity, OFFER_LOGIN, proofOf } from '../access/handshake.js';
import { Shutdown } from '../shared/application/shutdown.js';

const NONCE_LIMIT = 200;

interface Given {
  readonly key: string;
  readonly identity: Omit<Identity, 'isEnding'>;
  readonly shutdown: Shutdown;
  readonly offerLogin: () => string;
  readonly serve: (handler: RequestListener) => Server;
  readonly app: RequestListener;
}

/** Serves the API on a socket in a folder that no other user can enter, and shows there that this process has the key. */
export class DaemonSocket {
  private constructor(private readonly given: Given) {}

  /** @returns the path of the socket */
  static async open(folder: string, given: Given): Promise<string> {
    const own = await mkdtemp(socketPrefixOf(folder));
    const path = socketIn(own);
    const socket = new DaemonSocket(given);
    const server = given.serve((request, response) => socket.answer(request, response));
    server.listen(path);
    await once(server, 'listening');
    // With the other server, after the last request is answered.
    given.shutdown.register('settle_runs', async () => {
      server.close();
      server.closeAllConnections();
      await rm(own, { recursive: true, force: true });
    });
    return path;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === HELLO) this.hello(request, response).catch(() => response.destroy());
    else if (request.url === OFFER_LOGIN) this.offerLogin(request, response);
    else this.given.app(request, response);
  }

  private async hello(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let nonce = '';
    for await (const piece of request) {
      nonce += String(piece);
      if (nonce.length > NONCE_LIMIT) return void response.writeHead(413).end();
    }
    const { key, identity, shutdown } = this.given;
    const said = { ...identity, isEnding: shutdown.draining };
    respond(response, { ...said, proof: proofOf(key, nonce, said) } satisfies Hello);
  }

  private offerLogin(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.authorization !== `Bearer ${this.given.key}`) response.writeHead(401).end();
    else respond(response, { token: this.given.offerLogin() });
  }
}

function respond(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
