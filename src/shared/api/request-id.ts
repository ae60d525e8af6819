import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export const HEADER = 'x-request-id';
/** A request id that a client may choose: it is written to logs and responses. */
const SOUND = /^[\w.:-]{1,128}$/;

const ids = new WeakMap<IncomingMessage, string>();

/** The id of a request: the client's if it is valid, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const known = ids.get(request);
  if (known) return known;
  const given = request.headers[HEADER];
  const id = typeof given === 'string' && SOUND.test(given) ? given : randomUUID();
  ids.set(request, id);
  return id;
}

/** Middleware: every answer carries the id of its request. */
export function answerWithRequestId(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  response.setHeader(HEADER, requestIdOf(request));
  next();
}
