/**
 * Hands requests on to the model stub and compares each with the one before: `GET /` answers how much of them a
 * provider that caches prompts had seen already. It is for one session whose turns come one after the other.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { askModel } from '../baselines/model-answer.ts';

/** Counted from the second request on, in characters. */
export interface Shared {
  readonly requests: number;
  readonly characters: number;
  /** That stood at the beginning of the request before. */
  readonly cached: number;
  /** Requests that begin with the whole one before. */
  readonly goingOn: { readonly requests: number; readonly characters: number; readonly cached: number };
}

const [, , modelUrl = ''] = process.argv;

const all = { requests: 0, characters: 0, cached: 0 };
const goingOn = { ...all };
let before: string | undefined;

/** What the agent is told. A request that writes a checkpoint has no tools. */
function promptOf(body: string): string | undefined {
  const { tools, messages } = JSON.parse(body) as { tools?: unknown; messages: unknown[] };
  return tools === undefined ? undefined : JSON.stringify(messages).slice(0, -1);
}

function compare(prompt: string): void {
  if (before !== undefined) {
    const cached = commonPrefix(before, prompt);
    for (const sums of cached === before.length ? [all, goingOn] : [all]) {
      sums.requests++;
      sums.characters += prompt.length;
      sums.cached += cached;
    }
  }
  before = prompt;
}

function commonPrefix(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

const server = createServer((incoming, response) => {
  const answer = async () => {
    if (incoming.method === 'GET') {
      response.end(JSON.stringify({ ...all, goingOn } satisfies Shared));
      return;
    }
    const body = await text(incoming);
    const prompt = promptOf(body);
    if (prompt !== undefined) compare(prompt);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    (await askModel(modelUrl, body)).pipe(response);
  };
  answer().catch((error: unknown) => response.destroy(error as Error));
});

server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
