import { once } from 'node:events';
import { IncomingMessage, Server, ServerResponse, createServer } from 'node:http';
import { AddressInfo } from 'node:net';

/** What stands for the answer of a model: whatever the test writes. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => unknown;

/** A model server that answers byte by byte as a test wants it, also what no model should. */
export class RawModel {
  behave: Behaviour = (response) => response.end();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<RawModel> {
    // A busy test would have the server end an idle connection while the client sends on it.
    const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      request.resume();
      void model.behave(response, request);
    });
    const model = new RawModel(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  /** One behaviour for each request, in their order. */
  script(...behaviours: Behaviour[]): void {
    this.behave = (response, request) => void behaviours.shift()?.(response, request);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** One chunk of an answer, as a server-sent event. */
export const chunk = (delta: unknown, finish: unknown = null): string =>
  event({ choices: [{ index: 0, delta, finish_reason: finish }] });

/** Anything as a server-sent event. */
export const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

/** A whole answer of these events. */
export const answer =
  (...events: (string | Buffer)[]): Behaviour =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const each of events) response.write(each);
    response.end('data: [DONE]\n\n');
  };

/** An answer that repeats itself while the client is connected. */
export const endless =
  (piece: string, status = 200): Behaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/event-stream' });
    const go = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', go);
    go();
  };

/** One reply that calls a tool, with arguments as the model wrote them. */
export const calls = (...wished: { name: string; args: string }[]): Behaviour =>
  answer(
    ...wished.map(({ name, args }, index) =>
      chunk({ tool_calls: [{ index, id: `call_${index}`, function: { name, arguments: args } }] }),
    ),
    chunk({}, 'tool_calls'),
  );
