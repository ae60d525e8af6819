/**
 * A language model that costs nearly nothing: an OpenAI-compatible server that says what the prompt asks it to say, as
 * fast as it is told to. It speaks HTTP by itself, on sockets: what it costs is taken from what is measured.
 */
import { createServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { wishIn } from './answer.ts';
import { BEGINNING, answerEnd, classification, tokenFrame, toolCall, wholeAnswer } from './frames.ts';

const HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n',
);
const BODY_BEGINS = '\r\n\r\n';

function reply(socket: Socket, body: string): void {
  if (body.includes('"response_format"')) {
    socket.write(Buffer.concat([HEAD, BEGINNING, classification()]));
    return;
  }
  const { tokens, delayMs, firstTokenMs, calls } = wishIn(body);
  if (calls > 0) {
    socket.write(Buffer.concat([HEAD, BEGINNING, toolCall()]));
    return;
  }
  const speak = () => (delayMs === 0 ? speakAtOnce(socket, tokens) : speakSlowly(socket, tokens, delayMs));
  socket.write(Buffer.concat([HEAD, BEGINNING]));
  if (firstTokenMs > 0) setTimeout(speak, firstTokenMs);
  else speak();
}

function speakAtOnce(socket: Socket, tokens: number): void {
  for (const piece of wholeAnswer(tokens)) socket.write(piece);
  socket.write(answerEnd(tokens));
}

/** Token `n` is sent at n · delay from the beginning: one that is late does not delay those after it. */
function speakSlowly(socket: Socket, tokens: number, delayMs: number): void {
  const begunAt = performance.now();
  let sent = 0;
  const tick = () => {
    const due = Math.min(tokens, Math.floor((performance.now() - begunAt) / delayMs) + 1);
    for (; sent < due; sent++) socket.write(tokenFrame(sent));
    if (sent === tokens) socket.write(answerEnd(tokens));
    else setTimeout(tick, Math.max(1, begunAt + sent * delayMs - performance.now()));
  };
  tick();
}

const server = createServer({ noDelay: true }, (socket) => {
  let received: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    received = received.length === 0 ? data : Buffer.concat([received, data]);
    const head = received.indexOf(BODY_BEGINS);
    if (head < 0) return;
    const [, length] = /content-length: *(\d+)/i.exec(received.toString('latin1', 0, head)) ?? [];
    const end = head + BODY_BEGINS.length + Number(length ?? 0);
    if (received.length < end) return;
    const body = received.toString('utf8', head + BODY_BEGINS.length, end);
    received = received.subarray(end);
    reply(socket, body);
  });
});

server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
