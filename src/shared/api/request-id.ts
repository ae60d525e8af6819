import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export const HEADER = 'x-request-id';
/** What a client may choose: it goes into logs and answers. */
const SOUND = /^[\w.:-]{1,128}$/;

const ids = new WeakMap<IncomingMessage, string>();

/** The id of a request: the client's where it is sound, else one of ours. */
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
