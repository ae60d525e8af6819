/**
 * The limit of the machine: a proxy between client and model that does only the minimum of work.
 * `/bytes` hands the model's bytes on. `/events` reads each chunk and writes an event of our API for it, which is the
 * least that a server with its own event format has to do. Neither stores anything.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { EventStream } from './event-stream.ts';
import { askModel, readTexts } from './model-answer.ts';

const [, , modelUrl = ''] = process.argv;

const SOME_ID = '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50';

async function translate(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const events = new EventStream(response, { sessionId: SOME_ID, runId: SOME_ID });
  let offset = 0;
  await readTexts(answer, (piece) => {
    events.send('message.delta', { message_id: SOME_ID, offset, text: piece });
    offset += piece.length;
  });
  events.end();
}

async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await askModel(modelUrl, await text(incoming));
  if (incoming.url?.startsWith('/events')) return translate(answer, response);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  answer.pipe(response);
}

const server = createServer((incoming, response) => {
  pass(incoming, response).catch((error: unknown) => response.destroy(error as Error));
});

server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
