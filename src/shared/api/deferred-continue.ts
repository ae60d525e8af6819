import type { Server } from 'node:http';
import type { NextFunction, Request, Response } from 'express';

/** Requests whose clients send the body only after `100 Continue`. */
const waiting = new WeakSet<object>();

/** Leaves `Expect: 100-continue` to `askForBody`: Node would answer it before the request is looked at. */
export function deferContinue(server: Server): void {
  server.on('checkContinue', (request, response) => {
    waiting.add(request);
    server.emit('request', request, response);
  });
}

/** Middleware directly before the body is read: what can be refused without it is refused by then. */
export function askForBody(request: Request, response: Response, next: NextFunction): void {
  if (waiting.has(request)) response.writeContinue();
  next();
}
