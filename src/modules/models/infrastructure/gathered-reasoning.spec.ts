import { describe, expect, it } from 'vitest';
import { ModelAnswer } from '../application/language-model.js';
import { OpenAiAnswer } from './openai-answer.js';
import { toBody } from './openai-request.js';

const ASKED = { provider: 'models.example', model: 'm' };

const call = (id: string, more: object = {}) => ({
  id,
  function: { name: 'read', arguments: '{}' },
  ...more,
});

function answerOf(deltas: readonly object[]): ModelAnswer {
  const answer = new OpenAiAnswer(ASKED);
  for (const delta of deltas) answer.add({ choices: [{ index: 0, delta }] }, 1);
  answer.add({ choices: [{ index: 0, delta: { content: 'said' }, finish_reason: 'stop' }] }, 1);
  return answer.complete(true, 1);
}

/** The message of this answer as it is sent back. */
const sentBack = ({ content, toolCalls, reasoning }: ModelAnswer, to = ASKED) =>
  toBody(
    { model: to.model, tools: [], messages: [{ role: 'assistant', content, toolCalls, reasoning }] },
    to.provider,
    undefined,
  ).messages[0];

const GOOGLE = (signature: string) => ({ extra_content: { google: { thought_signature: signature } } });

interface Case {
  readonly what: string;
  readonly deltas: object[];
  readonly text?: string;
  readonly message?: object;
  readonly calls?: object[];
}

const CASES: readonly Case[] = [
  {
    what: 'reasoning_content (DeepSeek, vLLM, SGLang, Moonshot)',
    deltas: [{ reasoning_content: 'First ' }, { reasoning_content: 'a.txt.' }, { tool_calls: [call('1')] }],
    text: 'First a.txt.',
    message: { reasoning_content: 'First a.txt.' },
    calls: [{}],
  },
  {
    what: 'reasoning (Ollama, Groq)',
    deltas: [{ reasoning: 'Hm.' }],
    text: 'Hm.',
    message: { reasoning: 'Hm.' },
  },
  {
    what: 'both, with the same text',
    deltas: [{ reasoning: 'Hm.', reasoning_content: 'Hm.' }],
    text: 'Hm.',
    message: { reasoning_content: 'Hm.' },
  },
  {
    what: 'blocks in pieces, and encrypted ones (OpenRouter)',
    deltas: [
      { reasoning: 'Two ', reasoning_details: [{ type: 'reasoning.text', text: 'Two ', index: 0 }] },
      { reasoning: 'files.', reasoning_details: [{ type: 'reasoning.text', text: 'files.', index: 0 }] },
      { reasoning_details: [{ type: 'reasoning.text', signature: 'sig', index: 0 }] },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'abc', id: 'r1', index: 1 }] },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'def', id: 'r2', index: 2 }] },
    ],
    text: 'Two files.',
    message: {
      reasoning: 'Two files.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Two files.', signature: 'sig', index: 0 },
        { type: 'reasoning.encrypted', data: 'abc', id: 'r1', index: 1 },
        { type: 'reasoning.encrypted', data: 'def', id: 'r2', index: 2 },
      ],
    },
  },
  {
    what: 'blocks without an index, each ended by its signature (LiteLLM)',
    deltas: [
      { thinking_blocks: [{ type: 'thinking', thinking: 'One', signature: '' }] },
      { thinking_blocks: [{ type: 'thinking', thinking: '.', signature: 's1' }] },
      { thinking_blocks: [{ type: 'thinking', thinking: 'Two.', signature: 's2' }] },
    ],
    text: '',
    message: {
      thinking_blocks: [
        { type: 'thinking', thinking: 'One.', signature: 's1' },
        { type: 'thinking', thinking: 'Two.', signature: 's2' },
      ],
    },
  },
  {
    what: 'signatures of calls, of which some have none (Gemini)',
    deltas: [
      { tool_calls: [{ index: 0, ...call('1', GOOGLE('a')) }] },
      { tool_calls: [{ index: 1, ...call('2') }] },
    ],
    text: '',
    calls: [GOOGLE('a'), {}],
  },
  {
    what: 'the signature of a message (Gemini)',
    deltas: [GOOGLE('b')],
    text: '',
    message: GOOGLE('b'),
  },
];

describe('what a model wants back with its message', () => {
  it.each(CASES)('goes back as it came: $what', ({ deltas, text, message = {}, calls }) => {
    const answer = answerOf(deltas);
    expect(answer.reasoning).toMatchObject({ ...ASKED, text });
    expect(sentBack(answer)).toEqual({
      role: 'assistant',
      content: 'said',
      ...message,
      ...(calls && {
        tool_calls: calls.map((more, index) => ({
          id: `00000000${index + 1}`,
          type: 'function',
          function: { name: 'read', arguments: '{}' },
          ...more,
        })),
      }),
    });
  });

  it.each(CASES)('goes to no other model, and to no other server: $what', ({ deltas }) => {
    const answer = answerOf(deltas);
    const bare = sentBack({ ...answer, reasoning: null });
    expect(sentBack(answer, { ...ASKED, model: 'n' })).toEqual(bare);
    expect(sentBack(answer, { ...ASKED, provider: 'others.example' })).toEqual(bare);
  });

  it('is nothing for a model without reasoning', () => {
    expect(answerOf([{ tool_calls: [call('1')] }, { extra_content: null }]).reasoning).toBeNull();
  });

  it('can be stored, whatever the model sends', () => {
    const blocks = [{ type: 'reasoning.text', text: 'b\0\uD800', index: 0 }, 'no block'];
    const { reasoning } = answerOf([{ reasoning: 'a\0b', reasoning_details: blocks }]);
    expect(reasoning).toMatchObject({
      text: 'a\uFFFDb',
      opaque: { message: { reasoning_details: [{ text: 'b\uFFFD\uFFFD' }] } },
    });
  });

  it('counts for the length of the answer', () => {
    const answer = new OpenAiAnswer(ASKED);
    const details = [{ type: 'reasoning.encrypted', data: 'x'.repeat(100_000) }];
    const chunk = { choices: [{ index: 0, delta: { reasoning_details: details } }] };
    expect(() => {
      for (let n = 0; n < 30; n++) answer.add(chunk, 1);
    }).toThrow(expect.objectContaining({ code: 'model.answer_too_long' }));
  });
});
