import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OpenAiAnswer, Shown } from './openai-answer.js';
import { OpenAiBody } from './openai-body.js';

/**
 * By file of `test/model-streams`: how the server differs from OpenAI. The streams are written in the documented or reported
 * format of each server, and all of them give the same answer.
 */
const DIALECTS = {
  openai: 'the reference',
  azure: 'a first chunk without choices, results of its filter',
  vllm: 'reasoning_content, the name without arguments, usage in every chunk',
  'llama-cpp': 'arguments as an object, timings',
  ollama: 'whole calls, all with index 0, and finish_reason stop; reasoning',
  'lm-studio': 'a name in every piece, empty after the first; no line break at the end',
  nim: 'name and id in every piece',
  sglang: 'null for all that is absent',
  litellm: 'no finish_reason before the last one, usage in a chunk with a choice',
  mistral: 'text and thinking as typed parts; finish_reason and usage in the chunk of the calls',
  gemini: 'calls without an id, all with index 0; finish_reason stop; no [DONE]',
  openrouter: 'comments, reasoning with details, usage after the finish reason',
} as const;

const REASONING = new Set(['vllm', 'llama-cpp', 'ollama', 'sglang', 'litellm', 'mistral', 'openrouter']);

/** Where it tells more than the tokens. */
const USAGE: Readonly<Record<string, object>> = {
  gemini: { completionTokens: 70, reasoningTokens: 57 },
  sglang: { reasoningTokens: 4 },
};

const ANSWER = {
  content: 'I read both – ✓.',
  shown: 'I read both – ✓.',
  reasoning: '',
  toolCalls: ['a.txt', 'b.txt'].map((path) => ({ toolName: 'read_file', arguments: { path } })),
  finishReason: 'tool_calls',
  usage: {
    ...{ promptTokens: 21, completionTokens: 13, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
    ...{ costMicros: null, estimated: false },
  },
};

const streamOf = (dialect: string): string => readFileSync(`test/model-streams/${dialect}.txt`, 'utf8');

function read(parts: readonly Buffer[]) {
  const answer = new OpenAiAnswer({ provider: 'models.example', model: 'm' });
  let shown = '';
  let reasoning = '';
  const show = (piece: Shown) => {
    shown += piece.text;
    reasoning += piece.reasoning;
  };
  const body = new OpenAiBody((chunk) => {
    show(answer.add(chunk, 0));
  });
  for (const part of parts) if (body.push(part)) break;
  body.end();
  show(answer.end());
  const { content, toolCalls, finishReason, usage } = answer.complete(body.isDone, 0);
  const calls = toolCalls.map(({ toolName, arguments: args }) => ({
    toolName,
    arguments: JSON.parse(args) as unknown,
  }));
  return { content, shown, reasoning, toolCalls: calls, finishReason, usage };
}

const readText = (text: string) => read([Buffer.from(text)]);

/** Reads it in two parts, for every place where it can be cut, and byte by byte. */
function expectAtEveryCut(text: string, answer: typeof ANSWER): void {
  const bytes = Buffer.from(text);
  const expected = JSON.stringify(answer);
  const wrong: number[] = [];
  for (let cut = 1; cut < bytes.length; cut++) {
    const parts = [bytes.subarray(0, cut), bytes.subarray(cut)];
    if (JSON.stringify(read(parts)) !== expected) wrong.push(cut);
  }
  expect(wrong).toEqual([]);
  expect(read(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(answer);
}

/** Ways to send the same events. */
const VARIANTS: readonly [how: string, change: (stream: string) => string][] = [
  ['with CRLF', (stream) => stream.replaceAll('\n', '\r\n')],
  ['with CR', (stream) => stream.replaceAll('\n', '\r')],
  ['after a BOM', (stream) => `\uFEFF${stream}`],
  ['between comments and empty events', (stream) => stream.replaceAll('\n\n', '\n\n: ping\n\ndata:\n\n')],
  ['without a space after data:', (stream) => stream.replaceAll('data: ', 'data:')],
  ['with names of events', (stream) => stream.replaceAll('data: ', 'event: message\nid: 1\ndata: ')],
  ['without [DONE]', (stream) => stream.replace(/data: \[DONE\]\s*$/, '')],
  ['without a line break at the end', (stream) => stream.trimEnd()],
];

describe.each(Object.entries(DIALECTS))('an answer of %s (%s)', (dialect) => {
  const stream = streamOf(dialect);
  const answer = {
    ...ANSWER,
    reasoning: REASONING.has(dialect) ? 'Two files.' : '',
    usage: { ...ANSWER.usage, ...USAGE[dialect] },
  };

  it('is the same wherever its bytes are cut', () => {
    expect(readText(stream)).toEqual(answer);
    expectAtEveryCut(stream, answer);
  });

  it.each(VARIANTS)('is the same %s', (_how, change) => {
    expect(readText(change(stream))).toEqual(answer);
  });

  it('is none if it breaks off', () => {
    expect(() => readText(stream.slice(0, stream.length / 2))).toThrow(
      expect.objectContaining({ code: 'model.stream_cut' }),
    );
  });
});

describe('an answer in one piece', () => {
  const call = (path: string) => ({
    id: `call_${path}`,
    type: 'function',
    function: { name: 'read_file', arguments: JSON.stringify({ path }) },
  });
  const message = {
    role: 'assistant',
    content: ANSWER.content,
    tool_calls: [call('a.txt'), call('b.txt')],
  };
  const completion = {
    id: 'x',
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: { prompt_tokens: 21, completion_tokens: 13, total_tokens: 34 },
  };

  it.each([
    ['a document', JSON.stringify(completion)],
    ['a document with line breaks, after a BOM', `\uFEFF\n${JSON.stringify(completion, null, 2)}\n`],
    ['one event', `data: ${JSON.stringify(completion)}\n\ndata: [DONE]\n\n`],
  ])('is read like a stream: %s', expectEach);

  function expectEach(_how: string, text: string): void {
    expect(readText(text)).toEqual(ANSWER);
    expectAtEveryCut(text, ANSWER);
  }

  it('needs no finish reason', () => {
    expect(readText('{"choices":[{"message":{"content":"Yes"}}]}')).toMatchObject({
      content: 'Yes',
      finishReason: 'stop',
    });
  });

  it.each([
    ['is no JSON', '{"choices":[{"message":', SyntaxError],
    ['is a web page', '<html>busy</html>', expect.objectContaining({ code: 'model.malformed_answer' })],
    ['has no choices', '{"ok":true}', expect.objectContaining({ code: 'model.malformed_answer' })],
  ])('is none if it %s', (_what, text, error) => {
    expect(() => readText(text)).toThrow(error);
  });
});

describe('the end of an answer', () => {
  const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason, ...more }] })}\n\n`;
  const DONE = 'data: [DONE]\n\n';
  const legacy = (part: object) => chunk({ function_call: part });

  it.each([
    ['[DONE] alone', chunk({ content: 'Yes' }) + DONE, 'stop'],
    ['[DONE] alone, after a call', legacy({ name: 'f', arguments: '{}' }) + DONE, 'tool_calls'],
    ['a finish reason alone', chunk({ content: 'Yes' }, 'stop'), 'stop'],
    ['an empty finish reason, and [DONE]', chunk({ content: 'Yes' }, '') + DONE, 'stop'],
    ['a synonym', chunk({ content: 'Yes' }, 'MAX_TOKENS') + DONE, 'length'],
    [
      'function_call',
      legacy({ name: 'f' }) + legacy({ arguments: '{}' }) + chunk({}, 'function_call'),
      'tool_calls',
    ],
    ['a reason of its own', chunk({ content: 'Yes' }, 'constructor') + DONE, 'constructor'],
  ])('may be %s', (_how, text, finishReason) => {
    expect(readText(text)).toMatchObject({ finishReason });
  });

  const usage = { prompt_tokens: 1, completion_tokens: 2 };
  const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;

  it.each([
    ['in the choice', chunk({ content: 'Yes' }, 'stop', { usage })],
    ['in x_groq', chunk({ content: 'Yes' }, 'stop') + event({ choices: [], x_groq: { usage } })],
    [
      'before the text, and null after it',
      event({ usage }) + chunk({ content: 'Yes' }, 'stop') + event({ usage: null }),
    ],
  ])('has the usage %s', (_where, text) => {
    expect(readText(text)).toMatchObject({ usage: { promptTokens: 1, completionTokens: 2 } });
  });
});
