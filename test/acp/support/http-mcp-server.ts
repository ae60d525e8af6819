import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { McpAnswers, type Message } from './mcp-answers.ts';

/** An MCP server at `/mcp`, and one of the older kind, whose answers come as events, at `/sse`. */
export class HttpMcpServer {
  /** `authorization` of each request. */
  readonly authorizations: (string | undefined)[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #folder: string;
  #events: ServerResponse | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder where its files are left */
  static async start(folder: string): Promise<HttpMcpServer> {
    const started = new HttpMcpServer(folder);
    await new Promise<void>((listening) => started.#server.listen(0, '127.0.0.1', listening));
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.authorizations.push(request.headers.authorization);
    if (request.method === 'GET' && request.url === '/sse') {
      this.#events = response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /sse\n\n');
      return;
    }
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const message = (await json(request)) as Message;
    if (request.url === '/sse') {
      response.writeHead(202).end();
      this.#answers((answer) => this.#events!.write(`data: ${answer}\n\n`)).take(message);
    } else if (message.id === undefined) response.writeHead(202).end();
    else {
      response.setHeader('content-type', 'application/json');
      this.#answers((answer) => response.end(answer)).take(message);
    }
  }

  #answers(send: (answer: string) => void): McpAnswers {
    return new McpAnswers((answer) => send(JSON.stringify(answer)), this.#folder);
  }
}
