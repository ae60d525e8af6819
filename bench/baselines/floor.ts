/**
 * The least that a durable server does: it commits the user's message before it asks the model, stores each piece of
 * the answer before it shows it, and commits the assistant's message before the stream ends. It has the routes that the
 * client uses, and no users, recovery, idempotency or fences.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { v7 as newId } from 'uuid';
import { EventStream } from './event-stream.ts';
import { FloorStore } from './floor-store.ts';
import { GrowingAnswer } from './growing-answer.ts';
import { askModel, readTexts } from './model-answer.ts';

const [, , modelUrl = '', databaseUrl = ''] = process.argv;

const store = await FloorStore.open(databaseUrl);

async function takeTurn(sessionId: string, incoming: IncomingMessage, response: ServerResponse) {
  const { content } = (await json(incoming)) as { content: string };
  await store.commitMessage({ id: newId(), sessionId, role: 'user', content });

  const messages = [{ role: 'user', content }];
  const model = await askModel(modelUrl, JSON.stringify({ model: 'bench', stream: true, messages }));
  const messageId = newId();
  const events = new EventStream(response, { sessionId, runId: messageId });
  const answer = new GrowingAnswer(
    { sessionId, messageId },
    (growing) => store.append(growing),
    (piece) => events.send('message.delta', { message_id: messageId, ...piece }),
  );
  await readTexts(model, (text) => answer.add(text));
  const whole = await answer.end();

  await store.commitMessage({ id: messageId, sessionId, role: 'assistant', content: whole });
  events.send('message.completed', { message_id: messageId, content: whole });
  events.send('run.finished', { status: 'completed' });
  events.end();
}

/** A session is nothing but its id. */
function openSession(response: ServerResponse): void {
  response.writeHead(201, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: newId() }));
}

const server = createServer((incoming, response) => {
  const [, sessionId] = /^\/(.+)\/messages\/stream$/.exec(incoming.url ?? '') ?? [];
  if (sessionId === undefined) return openSession(response);
  takeTurn(sessionId, incoming, response).catch((error: unknown) => response.destroy(error as Error));
});

server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
