import { Agent, type IncomingMessage, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity });

/** Sends a request to the model, on a kept connection. */
export function askModel(url: string, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    request(`${url}/chat/completions`, { method: 'POST', agent, headers }, resolve)
      .once('error', reject)
      .end(body);
  });
}

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[];
}

/** Calls back for each piece of text in the model's stream. Resolves with its end. */
export function readTexts(answer: IncomingMessage, onText: (text: string) => void): Promise<void> {
  let rest = '';
  answer.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    answer.on('data', (received: string) => {
      const frames = (rest + received).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        const data = frame.slice('data: '.length);
        const text = data === '[DONE]' ? undefined : (JSON.parse(data) as Chunk).choices[0]?.delta.content;
        if (text) onText(text);
      }
    });
    answer.once('end', resolve);
    answer.once('error', reject);
  });
}
