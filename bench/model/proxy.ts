/**
 * The limit to compare with: a proxy between client and model that does only the minimum of work.
 * `/bytes` hands the model's bytes on. `/events` reads each chunk and writes an event of our API for it, which is the
 * least that a server with its own event format has to do. Neither stores anything.
 */
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity });
const [, , modelUrl = ''] = process.argv;

const SOME_ID = '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50';

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[];
}

function translate(answer: IncomingMessage, response: ServerResponse): void {
  let rest = '';
  let seq = 0;
  let offset = 0;
  answer.setEncoding('utf8');
  answer.on('data', (text: string) => {
    const frames = (rest + text).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame.slice('data: '.length);
      const piece = data === '[DONE]' ? undefined : (JSON.parse(data) as Chunk).choices[0]?.delta.content;
      if (!piece) continue;
      const event = {
        id: String(++seq),
        type: 'message.delta',
        session_id: SOME_ID,
        run_id: SOME_ID,
        created_at: new Date().toISOString(),
        data: { message_id: SOME_ID, offset, text: piece },
      };
      offset += piece.length;
      response.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
  });
  answer.on('end', () => response.end());
}

const server = createServer((incoming, response) => {
  const upstream = request(
    `${modelUrl}/chat/completions`,
    { method: 'POST', agent, headers: { 'content-length': incoming.headers['content-length'] } },
    (answer) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (incoming.url?.startsWith('/events')) translate(answer, response);
      else answer.pipe(response);
    },
  );
  upstream.on('error', () => response.destroy());
  incoming.pipe(upstream);
});

server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
