import { describe, expect, it } from 'vitest';
import { ModelAnswer, ModelError, ModelErrorCode } from '../application/language-model.js';
import { JsonForm, JsonForms, jsonIn, messagesFor } from './json-forms.js';

const SCHEMA = { type: 'object', required: ['a'] };

const saying = (content: string, finishReason = 'stop'): ModelAnswer => ({
  ...{ content, finishReason, toolCalls: [], reasoning: null, usage: null, firstTokenMs: 0 },
});

const REFUSED = new ModelError('model.request_refused', 'refused');

describe('The form in which a model is asked for JSON', () => {
  const askOf = (accepted: JsonForm | undefined, asked: JsonForm[]) => async (form: JsonForm) => {
    asked.push(form);
    if (form !== accepted) throw REFUSED;
    return saying('{"a":1}');
  };

  it.each<[JsonForm, JsonForm[]]>([
    ['json_schema', ['json_schema']],
    ['json_object', ['json_schema', 'json_object']],
    ['prompt', ['json_schema', 'json_object', 'prompt']],
  ])('is the strictest that it accepts, and is remembered: %s', async (accepted, tried) => {
    const forms = new JsonForms();
    const asked: JsonForm[] = [];
    await forms.ask('m', SCHEMA, askOf(accepted, asked));
    expect(asked).toEqual(tried);
    await forms.ask('m', SCHEMA, askOf(accepted, asked));
    expect(asked).toEqual([...tried, accepted]);
  });

  it('is found for each model', async () => {
    const forms = new JsonForms();
    await forms.ask('a', SCHEMA, askOf('prompt', []));
    const asked: JsonForm[] = [];
    await forms.ask('b', SCHEMA, askOf('json_schema', asked));
    expect(asked).toEqual(['json_schema']);
  });

  it('does not change for a request that the model refuses in each form', async () => {
    const forms = new JsonForms();
    await expect(forms.ask('m', SCHEMA, askOf(undefined, []))).rejects.toBe(REFUSED);
    const asked: JsonForm[] = [];
    await forms.ask('m', SCHEMA, askOf('json_schema', asked));
    expect(asked).toEqual(['json_schema']);
  });

  it.each<[string, JsonForm, string, string?]>([
    ['no JSON', 'json_object', 'Here you are!'],
    ['an object of another kind', 'json_object', '{"b":1}'],
    ['no object', 'json_object', '["a"]'],
    ['an object of the schema', 'json_schema', 'Here: {"a":1}'],
    ['an answer cut at the output limit', 'json_schema', '{"a":', 'length'],
    ['an answer stopped by a filter', 'json_schema', 'I will n', 'content_filter'],
  ])('after %s is %s', async (_what, next, content, finishReason) => {
    const forms = new JsonForms();
    await forms.ask('m', SCHEMA, async () => saying(content, finishReason));
    const asked: JsonForm[] = [];
    await forms.ask('m', SCHEMA, askOf(next, asked));
    expect(asked).toEqual([next]);
  });

  it('is the strictest again after the last has brought no JSON', async () => {
    const forms = new JsonForms();
    const asked: JsonForm[] = [];
    const ask = async (form: JsonForm) => {
      asked.push(form);
      return saying('Sorry.');
    };
    for (let request = 0; request < 4; request++) await forms.ask('m', SCHEMA, ask);
    expect(asked).toEqual(['json_schema', 'json_object', 'prompt', 'json_schema']);
  });

  it.each<[ModelErrorCode, number]>([
    ['model.server_error', 500],
    ['model.malformed_answer', 400], // also where the server could not make the answer follow the schema
    ['model.request_refused', 413],
  ])('does not change for %s with status %i', async (code, status) => {
    const asked: JsonForm[] = [];
    const error = new ModelError(code, 'failed', { status });
    const ask = async (form: JsonForm) => {
      asked.push(form);
      throw error;
    };
    await expect(new JsonForms().ask('m', SCHEMA, ask)).rejects.toBe(error);
    expect(asked).toEqual(['json_schema']);
  });

  it('puts the schema into the prompt where the server does not enforce it', () => {
    const request = {
      model: 'm',
      tools: [],
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'x' },
      ] as const,
      responseFormat: { name: 'n', schema: { type: 'object' } },
    };
    expect(messagesFor(request, 'json_schema')).toBe(request.messages);
    for (const form of ['json_object', 'prompt'] as const) {
      expect(messagesFor(request, form)).toEqual([
        {
          role: 'system',
          content: 'Be short.\n\nAnswer with JSON alone, of this JSON Schema:\n{"type":"object"}',
        },
        { role: 'user', content: 'x' },
      ]);
    }
  });
});

it.each([
  ['{"a":1}', '{"a":1}'],
  ['{"a":1}\n\nHope this helps!', '{"a":1}'],
  ['{"a":"</think>{"}', '{"a":"</think>{"}'],
  ['```json\n{"a":{}}\n```', '{"a":{}}'],
  ['Here it is: {"a":1}. Good luck!', '{"a":1}'],
  ['<think>{"b":2}?</think>\n{"a":1}', '{"a":1}'],
  ['Here it is: {', 'Here it is: {'],
  ['} {', '} {'],
  ['', ''],
])('takes the JSON out of an answer: %s', (answer, json) => {
  expect(jsonIn(answer)).toBe(json);
});
