import { now } from '../machine/now.ts';
import { tokenAt } from './answer.ts';

/** Of the chunks that are sent at once where nothing waits between them. */
const PIECE_FRAMES = 64;

/** A chunk of HTTP's chunked coding that holds one server-sent event. */
function frame(data: string): string {
  const event = `data: ${data}\n\n`;
  return `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`;
}

const chunk = (choices: object[], more: object = {}): string =>
  frame(
    JSON.stringify({
      id: 'chatcmpl-bench',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'bench',
      choices,
      ...more,
    }),
  );

const piece = (delta: object): string => chunk([{ index: 0, delta, finish_reason: null }]);

const ending = (finishReason: string, tokens: number): string => {
  const usage = { prompt_tokens: 10, completion_tokens: tokens, total_tokens: tokens + 10 };
  return [
    chunk([{ index: 0, delta: {}, finish_reason: finishReason }]),
    chunk([], { usage }),
    frame('[DONE]'),
    '0\r\n\r\n',
  ].join('');
};

export const BEGINNING = Buffer.from(piece({ role: 'assistant', content: '' }));

const tokens = new Map<string, Buffer>();

/** One token. */
export function tokenFrame(index: number): Buffer {
  const token = tokenAt(index);
  const known = tokens.get(token) ?? Buffer.from(piece({ content: token }));
  tokens.set(token, known);
  return known;
}

export const answerEnd = (count: number): Buffer => Buffer.from(ending('stop', count));

const pieces = new Map<number, Buffer[]>();

/** All tokens of an answer, in pieces that are made once. */
export function wholeAnswer(count: number): Buffer[] {
  const known = pieces.get(count);
  if (known) return known;
  const made: Buffer[] = [];
  for (let from = 0; from < count; from += PIECE_FRAMES) {
    const length = Math.min(PIECE_FRAMES, count - from);
    made.push(Buffer.concat(Array.from({ length }, (_, index) => tokenFrame(from + index))));
  }
  pieces.set(count, made);
  return made;
}

/** A tool call, whose argument says when its request came. */
export function toolCall(): Buffer {
  const call = {
    index: 0,
    id: 'call_bench',
    type: 'function',
    function: { name: 'read_file', arguments: JSON.stringify({ path: `asked-at/${now()}` }) },
  };
  return Buffer.from(piece({ tool_calls: [call] }) + ending('tool_calls', 10));
}

/** The answer to a request that wants a structure: of what kind the task is. */
export function classification(): Buffer {
  const content = { is_atomic: true, agent: 'explain', confidence: 'high', reason: 'a benchmark' };
  return Buffer.from(piece({ content: JSON.stringify(content) }) + ending('stop', 20));
}
