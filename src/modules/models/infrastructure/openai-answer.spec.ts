import { describe, expect, it } from 'vitest';
import { MAX_ANSWER_CHARACTERS, OpenAiAnswer } from './openai-answer.js';

/** A chunk whose fields have any type, as a provider may send it. */
const chunk = (delta: unknown, finish_reason: unknown = null) => ({
  id: 'a1',
  model: 'm1',
  choices: [{ index: 0, delta, finish_reason }],
});

const say = (content: unknown) => chunk({ content });
const think = (reasoning_content: unknown) => chunk({ reasoning_content });
const call = (part: unknown) => chunk({ tool_calls: [part] });
const STOP = chunk({}, 'stop');

function answerOf(...chunks: unknown[]) {
  const answer = new OpenAiAnswer({ provider: 'models.example', model: 'm' });
  const shown = chunks.map((each, index) => answer.add(each, (index + 1) * 10));
  shown.push(answer.end());
  return {
    ...answer.complete(false, 1000),
    shown: shown.map(({ text }) => text),
    thought: shown.map(({ reasoning }) => reasoning),
  };
}

describe('An answer put together from chunks', () => {
  it('has the text of all chunks, and the time of the first piece', () => {
    const { content, shown, firstTokenMs, finishReason } = answerOf(
      chunk({ role: 'assistant', content: '' }),
      say('Hel'),
      say('lo'),
      STOP,
    );
    expect({ content, shown, firstTokenMs, finishReason }).toEqual({
      content: 'Hello',
      shown: ['', 'Hel', 'lo', '', ''],
      firstTokenMs: 20,
      finishReason: 'stop',
    });
  });

  it('shows its reasoning as it is kept: whole, storable, and no half of a pair', () => {
    const { thought, reasoning } = answerOf(
      think('Hm\0 \ud83d'),
      think('\ude00'),
      say('Yes'),
      think('\ud83d'),
      STOP,
    );
    expect(thought).toEqual(['Hm\ufffd ', '😀', '', '', '', '\ufffd']);
    expect(reasoning?.text).toBe(thought.join(''));
  });

  it('takes a refusal for text', () => {
    expect(answerOf(chunk({ refusal: 'I cannot' }), STOP).content).toBe('I cannot');
  });

  it.each([
    ['by index', { index: 0, id: 'c1' }, { index: 1, id: 'c2' }],
    ['by id, where all have the same index', { index: 0, id: 'c1' }, { index: 0, id: 'c2' }],
    ['by id, where none has an index', { id: 'c1' }, { id: 'c2' }],
    ['by an index that is no number', { index: 'a', id: 'c1' }, { index: 'b', id: 'c2' }],
  ])('tells tool calls apart %s', (_how, first, second) => {
    const { toolCalls } = answerOf(
      call({ ...first, function: { name: 'read_file', arguments: '{"path":' } }),
      call({ ...first, function: { arguments: '"a"}' } }),
      call({ ...second, function: { name: 'list_files', arguments: '{}' } }),
      STOP,
    );
    expect(toolCalls).toMatchObject([
      { callId: 'c1', toolName: 'read_file', arguments: '{"path":"a"}' },
      { callId: 'c2', toolName: 'list_files', arguments: '{}' },
    ]);
  });

  it('adds pieces without an id to the call of their index', () => {
    const { toolCalls } = answerOf(
      call({ index: 0, id: 'c1', function: { name: 'read_file', arguments: '{' } }),
      call({ index: 0, function: { arguments: '}' } }),
      STOP,
    );
    expect(toolCalls).toMatchObject([{ callId: 'c1', arguments: '{}' }]);
  });

  it('has each call of a whole completion by itself', () => {
    const given = ['', '{"path":"src"}', ''];
    const tool_calls = given.map((args, n) => ({ id: `c${n}`, function: { name: 'list', arguments: args } }));
    const { toolCalls } = answerOf({
      choices: [{ delta: null, message: { tool_calls }, finish_reason: 'stop' }],
    });
    expect(toolCalls.map(({ arguments: args }) => args)).toEqual(given);
  });

  it('takes the text after an empty object without a name for the answer', () => {
    const nameless = { index: -1, id: null, function: { name: null, arguments: '{}' } };
    expect(answerOf(call(nameless), say('Hello'), STOP)).toMatchObject({ content: 'Hello', toolCalls: [] });
  });

  it('ignores fields of another type', () => {
    const odd = [
      say(7),
      say(['a', { type: 'text', text: 7 }]),
      chunk(null),
      chunk({ tool_calls: 'none' }),
      { usage: { prompt_tokens: -1, completion_tokens: 2 } },
      chunk({}, 7),
    ];
    const { content, toolCalls, usage } = answerOf(...odd, say('x'), STOP);
    expect({ content, toolCalls, usage }).toEqual({ content: 'x', toolCalls: [], usage: null });
  });

  it.each([
    ['nothing at all', [], 'model.malformed_answer'],
    ['no finish reason', [say('x')], 'model.stream_cut'],
    ['neither text nor calls', [STOP], 'model.empty_answer'],
    ['only reasoning', [think('Hm.'), STOP], 'model.empty_answer'],
    ['only what a filter says', [chunk({ content: '' }, 'content_filter')], 'model.content_filtered'],
    [
      'a call that a filter has cut',
      [call({ index: 0, function: { name: 'read_file' } }), chunk({}, 'content_filter')],
      'model.content_filtered',
    ],
    ['a breakdown for its end', [say('I was'), chunk({}, 'error')], 'model.server_error'],
  ])('is no answer with %s', (_what, chunks, code) => {
    expect(() => answerOf(...chunks)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['the output limit came first', [think('Hm.'), chunk({}, 'length')], 0],
    ['the model has only reasoned', [think('Hm.'), STOP], 1],
  ])('that is empty is worth few retries: %s', (_why, chunks, retries) => {
    expect(() => answerOf(...chunks)).toThrow(
      expect.objectContaining({ code: 'model.empty_answer', retries }),
    );
  });

  it('keeps the text that a filter or a limit has cut', () => {
    for (const reason of ['content_filter', 'length']) {
      expect(answerOf(say('Half a'), chunk({}, reason))).toMatchObject({
        content: 'Half a',
        finishReason: reason,
      });
    }
  });

  it.each([
    ['text', [say('x'.repeat(MAX_ANSWER_CHARACTERS)), say('x')]],
    ['tool calls', Array.from({ length: 101 }, (_, index) => call({ index, function: { name: 't' } }))],
  ])('has an end: too much %s', (_what, chunks) => {
    expect(() => answerOf(...chunks, STOP)).toThrow(
      expect.objectContaining({ code: 'model.answer_too_long' }),
    );
  });
});
