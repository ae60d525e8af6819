import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import { Fault, problemOf } from './problem.dto.js';
import { HEADER, requestIdOf } from './request-id.js';

/** How long a refused client has to read the response before its connection is closed. */
const LINGER_MS = 1_000;

/** What Node refuses by itself, by error code. */
const REFUSALS: Readonly<Record<string, Fault>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'request.headers_too_large',
    detail: 'The address and headers of the request are too large',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: 'request.too_large',
    detail: 'The chunk extensions of the request are too large',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request.timed_out',
    detail: 'The request did not arrive in time',
  },
};

const MALFORMED: Fault = { status: 400, code: 'request.malformed', detail: 'The request cannot be read' };

const EXPECTATION_FAILED: Fault = {
  status: 417,
  code: 'request.refused',
  detail: 'No expectation is met but 100-continue',
};

/** Answers requests that Node refuses before they reach a route, as problem answers like all others. */
export function answerClientErrors(server: Server): void {
  const responses = new WeakMap<object, ServerResponse>();
  server.prependListener('request', (request, response) => responses.set(request.socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const response = responses.get(socket);
    const isBeingAnswered = response?.headersSent === true && !response.writableFinished;
    if (socket.writable && !isBeingAnswered && error.code !== 'ECONNRESET') {
      socket.end(inBytes(REFUSALS[error.code ?? ''] ?? MALFORMED));
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    } else {
      socket.destroy();
    }
  });
  server.on('checkExpectation', (request, response) => {
    const { status, headers, body } = answerTo(EXPECTATION_FAILED, requestIdOf(request));
    response.writeHead(status, headers).end(body);
  });
}

function answerTo(fault: Fault, requestId: string) {
  const body = JSON.stringify(problemOf(fault, requestId));
  const headers = {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    [HEADER]: requestId,
    connection: 'close',
  };
  return { status: fault.status, headers, body };
}

/** Raw bytes: Node has no response object for a request that it could not parse. */
function inBytes(fault: Fault): string {
  const { status, headers, body } = answerTo(fault, randomUUID());
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n');
}
