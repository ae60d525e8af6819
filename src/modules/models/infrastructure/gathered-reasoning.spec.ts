import { describe, expect, it } from 'vitest';
import { ModelAnswer } from '../application/language-model.js';
import { OpenAiAnswer } from './openai-answer.js';
import { fieldsOf } from './openai-chunk.js';
import { toBody } from './openai-request.js';
import { Returned } from './returned-fields.js';

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
    'given',
  ).messages[0];

const READ = { name: 'read', arguments: '{}' };

const MIXED = (signature: string, other: string | null = null) => ({
  provider_specific_fields: { thought_signature: signature, ...(other !== null && { other }) },
});

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
    what: 'reasoning after an empty reasoning_content',
    deltas: [{ reasoning_content: '' }, { reasoning: 'Hm.', reasoning_content: '' }],
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
  {
    what: 'signatures that are bound to the id of a call (Gemini behind OpenRouter)',
    deltas: [
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'abc', id: 'read_X', index: 0 }] },
      { tool_calls: [call('read_X')] },
    ],
    text: '',
    message: { reasoning_details: [{ type: 'reasoning.encrypted', data: 'abc', id: 'read_X', index: 0 }] },
    calls: [{ id: 'read_X' }],
  },
  {
    what: 'signatures in the id, and of the function (Gemini behind LiteLLM)',
    deltas: [
      {
        provider_specific_fields: { thought_signatures: ['m'], citations: ['x'], refusal: null },
        tool_calls: [{ id: 'call_1__thought__S', function: { ...READ, ...MIXED('f', 'x') }, ...MIXED('c') }],
      },
    ],
    text: '',
    message: { provider_specific_fields: { thought_signatures: ['m'] } },
    calls: [{ id: 'call_1__thought__S', function: { ...READ, ...MIXED('f') }, ...MIXED('c') }],
  },
  {
    what: 'reasoning_content without text, beside calls (DeepSeek, Kimi)',
    deltas: [{ reasoning_content: '' }, { tool_calls: [call('1')] }],
    text: '',
    message: { reasoning_content: '' },
    calls: [{}],
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
          id: `${index + 1}`,
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

  it.each([
    { reasoning_content: '', reasoning: '' },
    { reasoning_details: [], thinking_blocks: [{}, { signature: null }] },
    { extra_content: {}, thought_signature: '' },
    { extra_content: { google: { thought_signature: null } } },
    { provider_specific_fields: { refusal: null, citations: ['x'], thought_signatures: [] } },
    { tool_calls: [{ ...call(''), extra_content: {}, function: { ...READ, extra_content: {} } }] },
  ])('is nothing where there is no reasoning: %j', (delta) => {
    expect(answerOf([delta]).reasoning).toBeNull();
  });

  it.each([
    { reasoning_details: [], thinking_blocks: [{}] },
    { extra_content: {}, provider_specific_fields: { refusal: null } },
  ])('is no piece of an answer if it is empty: %j', (delta) => {
    const answer = new OpenAiAnswer(ASKED);
    answer.add({ choices: [{ index: 0, delta }] }, 1);
    expect(answer.length).toBe(0);
  });

  it('has ids that the tools’ answers have too, each once in a conversation', () => {
    const { toolCalls, reasoning } = answerOf([
      { tool_calls: [call('x', { index: 0 }), call('x', { index: 1 }), call('y', { index: 2 })] },
    ]);
    const turn = (from: number) => {
      const ours = toolCalls.map((each, n) => ({ ...each, callId: `${from + n}` }));
      return [
        { role: 'assistant', content: '', toolCalls: ours, reasoning } as const,
        ...ours.map(({ callId }) => ({ role: 'tool', content: 'c', callId }) as const),
      ];
    };
    const messages = [...turn(1), ...turn(4)];
    const sent = toBody({ model: 'm', tools: [], messages }, ASKED.provider, undefined, 'given').messages;
    const ids = ['x', '000000002', 'y', '000000004', '000000005', '000000006'];
    expect(
      sent.flatMap((each) => ('tool_calls' in each ? each.tool_calls!.map(({ id }) => id) : [])),
    ).toEqual(ids);
    expect(sent.flatMap((each) => (each.role === 'tool' ? [each.tool_call_id] : []))).toEqual(ids);
  });

  it.each<[Returned, boolean, (string | undefined)[]]>([
    ['given', true, ['Hm.', '', undefined]],
    ['given', false, [undefined, undefined]],
    ['none', true, [undefined, undefined, undefined]],
    ['required', false, ['', undefined]],
  ])('may be a field on all messages with calls: %s, after one with it: %s', (returned, hasOne, fields) => {
    const [with_, without, plain] = [
      [{ reasoning_content: 'Hm.' }, { tool_calls: [call('1')] }],
      [{ tool_calls: [call('2')] }],
      [],
    ].map((deltas) => ({ role: 'assistant', ...answerOf(deltas) }) as const);
    const messages = [...(hasOne ? [with_!] : []), { ...without!, reasoning: null }, plain!];
    const sent = toBody({ model: 'm', tools: [], messages }, ASKED.provider, undefined, returned).messages;
    expect(sent.map((each) => fieldsOf(each)['reasoning_content'])).toEqual(fields);
  });

  it('can be stored, whatever the model sends', () => {
    const blocks = [{ type: 'reasoning.text', text: 'b\0\uD800', index: 0 }, 'no block'];
    const { reasoning } = answerOf([{ reasoning: 'a\0b', reasoning_details: blocks }]);
    expect(reasoning).toMatchObject({
      text: 'a\uFFFDb',
      opaque: { message: { reasoning_details: [{ text: 'b\uFFFD\uFFFD' }] } },
    });
  });

  it('may have fields of any name', () => {
    const piece = { type: 'reasoning.text', text: 'a', index: 0 };
    const { reasoning } = answerOf([
      { reasoning_details: [piece] },
      { reasoning_details: [{ ...piece, constructor: 'b' }] },
    ]);
    expect(reasoning!.opaque).toEqual({
      message: { reasoning_details: [{ ...piece, text: 'aa', constructor: 'b' }] },
    });
  });

  it('counts by what it has grown', () => {
    const answer = new OpenAiAnswer(ASKED);
    const lengths = ['Hm', ', a', '.'].map((thinking, n) => {
      const thinking_blocks = [{ type: 'thinking', thinking, signature: n === 2 ? 's' : null }];
      const delta = { reasoning_content: thinking, thinking_blocks, ...MIXED('p') };
      answer.add({ choices: [{ index: 0, delta }] }, 1);
      return answer.length;
    });
    const grown = lengths.slice(1).map((length, n) => length - lengths[n]!);
    expect(grown).toEqual([', a'.length * 2, '.'.length * 2 + '"s"'.length - 'null'.length]);
  });

  it('has a limit for the number of its blocks', () => {
    const blocks = Array.from({ length: 1001 }, (_, index) => ({ type: 'reasoning.text', text: 'x', index }));
    const reasoned = (count: number) => answerOf([{ reasoning_details: blocks.slice(0, count) }]).reasoning;
    expect(reasoned(1000)).not.toBeNull();
    expect(() => reasoned(1001)).toThrow(expect.objectContaining({ code: 'model.answer_too_long' }));
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
