import { describe, expect, it } from 'vitest';
import { ModelError } from '../application/language-model.js';
import { JsonForm, JsonForms, jsonIn, messagesFor } from './json-forms.js';

const REFUSED = new ModelError('model.request_refused', 'refused');

describe('The form in which a model is asked for JSON', () => {
  const askOf = (accepted: JsonForm | undefined, asked: JsonForm[]) => async (form: JsonForm) => {
    asked.push(form);
    if (form !== accepted) throw REFUSED;
    return form;
  };

  it.each<[JsonForm, JsonForm[]]>([
    ['json_schema', ['json_schema']],
    ['json_object', ['json_schema', 'json_object']],
    ['prompt', ['json_schema', 'json_object', 'prompt']],
  ])('is the strictest that it accepts, and is remembered: %s', async (accepted, tried) => {
    const forms = new JsonForms();
    const asked: JsonForm[] = [];
    await forms.ask('m', askOf(accepted, asked));
    expect(asked).toEqual(tried);
    await forms.ask('m', askOf(accepted, asked));
    expect(asked).toEqual([...tried, accepted]);
  });

  it('is found for each model', async () => {
    const forms = new JsonForms();
    await forms.ask('a', askOf('prompt', []));
    const asked: JsonForm[] = [];
    await forms.ask('b', askOf('json_schema', asked));
    expect(asked).toEqual(['json_schema']);
  });

  it('does not change for a request that the model refuses in each form', async () => {
    const forms = new JsonForms();
    await expect(forms.ask('m', askOf(undefined, []))).rejects.toBe(REFUSED);
    const asked: JsonForm[] = [];
    await forms.ask('m', askOf('json_schema', asked));
    expect(asked).toEqual(['json_schema']);
  });

  it('does not change for other errors', async () => {
    const asked: JsonForm[] = [];
    const error = new ModelError('model.server_error', 'failed');
    const ask = async (form: JsonForm) => {
      asked.push(form);
      throw error;
    };
    await expect(new JsonForms().ask('m', ask)).rejects.toBe(error);
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
  ['```json\n{"a":{}}\n```', '{"a":{}}'],
  ['Here it is: {"a":1}. Good luck!', '{"a":1}'],
  ['<think>{"b":2}?</think>\n{"a":1}', '{"a":1}'],
  ['Here it is: {', 'Here it is: {'],
  ['} {', '} {'],
  ['', ''],
])('takes the JSON out of an answer: %s', (answer, json) => {
  expect(jsonIn(answer)).toBe(json);
});
