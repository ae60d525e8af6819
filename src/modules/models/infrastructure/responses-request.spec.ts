import { describe, expect, it } from 'vitest';
import { JsonObject } from '../../../shared/domain/json.js';
import { ModelError, ModelRequest } from '../application/language-model.js';
import { JsonForm } from './json-forms.js';
import { Responses } from './responses.js';
import { toResponsesBody } from './responses-request.js';
import { Returned, ReturnedFields } from './returned-fields.js';

const REQUEST: ModelRequest = {
  model: 'm',
  messages: [
    { role: 'system', content: 'You help.' },
    { role: 'user', content: 'Read a.txt' },
  ],
  tools: [],
};

const bodyOf = (more: Partial<ModelRequest> = {}, form?: JsonForm, returned: Returned = 'given') =>
  toResponsesBody({ ...REQUEST, ...more }, 'models.example', form, returned);

const ENCRYPTED = { include: ['reasoning.encrypted_content'] };
const SUMMARISED = { reasoning: { summary: 'auto' } };

describe('a request to the Responses API', () => {
  it('has the whole conversation, of which nothing is stored', () => {
    expect(bodyOf()).toEqual({
      model: 'm',
      instructions: 'You help.',
      input: [{ role: 'user', content: 'Read a.txt' }],
      stream: true,
      store: false,
      ...ENCRYPTED,
      ...SUMMARISED,
    });
  });

  it('has instructions only where the first message is the system’s', () => {
    const messages = REQUEST.messages.toReversed();
    expect(bodyOf({ messages })).not.toHaveProperty('instructions');
    expect(bodyOf({ messages }).input).toEqual(messages);
  });

  it.each<[Returned, object]>([
    ['given', { summary: 'auto', effort: 'high' }],
    ['unsummarised', { effort: 'high' }],
    ['none', { effort: 'high' }],
  ])('has the effort, the temperature and the limit of its answer: %s', (returned, reasoning) => {
    const wishes = { reasoningEffort: 'high', temperature: 0, maxOutputTokens: 9 };
    const body = bodyOf(wishes, undefined, returned);
    expect(body).toMatchObject({ reasoning, temperature: 0, max_output_tokens: 9 });
  });

  it('has tools whose arguments need not be strict', () => {
    const tool = { name: 'read_file', description: 'Reads', parameters: { type: 'object' } };
    expect(bodyOf({ tools: [tool] }).tools).toEqual([{ type: 'function', ...tool, strict: false }]);
  });

  it.each<[JsonForm, object | undefined]>([
    ['json_schema', { type: 'json_schema', name: 'title', schema: { type: 'object' }, strict: true }],
    ['json_object', { type: 'json_object' }],
    ['prompt', undefined],
  ])('asks for JSON as %s', (form, format) => {
    const body = bodyOf({ responseFormat: { name: 'title', schema: { type: 'object' } } }, form);
    expect(body.text?.format).toEqual(format);
    expect(body.instructions!.includes('JSON Schema')).toBe(form !== 'json_schema');
  });

  it('sends no empty message beside calls', () => {
    const toolCalls = [{ callId: '00000000000a', toolName: 'read_file', arguments: '{}' }];
    const { input } = bodyOf({ messages: [{ role: 'assistant', content: '', toolCalls }] });
    expect(input).toEqual([
      { type: 'function_call', call_id: '00000000a', name: 'read_file', arguments: '{}' },
    ]);
  });

  it('has the first part of an answer before the reasoning of the part that goes on with it', () => {
    const thought = { type: 'reasoning', summary: [], encrypted_content: 'sealed' };
    const items: JsonObject[] = [thought, { type: 'message', characters: 8 }, { type: 'function_call' }];
    const asked = { provider: 'models.example', model: 'm' };
    const message = {
      role: 'assistant' as const,
      content: 'The first half, and more',
      toolCalls: [{ callId: '00000000000a', toolName: 'read_file', arguments: '{}' }],
    };
    const reasoning = { ...asked, text: '', offset: 'The first half, '.length, opaque: { items } };
    expect(bodyOf({ messages: [{ ...message, reasoning }] }).input).toEqual([
      { role: 'assistant', content: 'The first half, ' },
      thought,
      { role: 'assistant', content: 'and more' },
      { type: 'function_call', call_id: '00000000a', name: 'read_file', arguments: '{}' },
    ]);
  });

  const refusing = (text: string) =>
    new ModelError('model.request_refused', 'refused', { isAboutReasoning: /reasoning/.test(text) });

  it.each<[string, (body: object) => string | undefined, object[]]>([
    ['all that it asks for', () => undefined, [{ ...ENCRYPTED, ...SUMMARISED }]],
    [
      'no summaries (of an organization that is not verified)',
      (body) => ('reasoning' in body ? 'must be verified to generate reasoning summaries' : undefined),
      [{ ...ENCRYPTED, ...SUMMARISED }, ENCRYPTED],
    ],
    [
      'neither summaries nor reasoning (of a model that does not reason)',
      (body) =>
        'reasoning' in body
          ? 'reasoning.summary is not supported'
          : 'include' in body
            ? 'Encrypted content is not supported'
            : undefined,
      [{ ...ENCRYPTED, ...SUMMARISED }, ENCRYPTED, {}],
    ],
    [
      'no reasoning',
      (body) => ('include' in body ? 'Encrypted content is not supported' : undefined),
      [{ ...ENCRYPTED, ...SUMMARISED }, {}],
    ],
  ])('is made again where the model accepts %s, which is remembered', async (_what, refuses, sent) => {
    const fields = new ReturnedFields();
    const bodies: object[] = [];
    const ask = () =>
      fields.ask(
        'm',
        new Responses().ways,
        () => undefined,
        (returned) => bodyOf({}, undefined, returned),
        async (body) => {
          const { include, reasoning } = body;
          bodies.push({ ...(include && { include }), ...(reasoning && { reasoning }) });
          const refusal = refuses(body);
          if (refusal !== undefined) throw refusing(refusal);
        },
      );
    await ask();
    expect(bodies).toEqual(sent);
    await ask();
    expect(bodies.slice(sent.length)).toEqual([sent.at(-1)]);
  });

  it('is made three times at most', async () => {
    let requests = 0;
    const asked = new ReturnedFields().ask(
      'm',
      new Responses().ways,
      () => undefined,
      (returned) => bodyOf({}, undefined, returned),
      async () => {
        requests++;
        throw refusing('reasoning');
      },
    );
    await expect(asked).rejects.toMatchObject({ code: 'model.request_refused' });
    expect(requests).toBe(3);
  });
});
