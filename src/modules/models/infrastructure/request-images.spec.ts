import { describe, expect, it } from 'vitest';
import { ModelMessage, ModelRequest } from '../application/language-model.js';
import { toBody } from './openai-request.js';
import { toResponsesBody } from './responses-request.js';

const URL = 'data:image/png;base64,cG5n';
const IMAGE = { url: URL };
const call = (callId: string) => ({ callId, toolName: 'read_file', arguments: '{}' });

const messages: ModelMessage[] = [
  { role: 'user', content: 'Look', images: [IMAGE] },
  { role: 'assistant', content: '', toolCalls: [call('a'), call('b')] },
  { role: 'tool', callId: 'a', content: 'first', images: [IMAGE] },
  { role: 'tool', callId: 'b', content: 'second' },
];
const request: ModelRequest = { model: 'm', messages, tools: [] };

describe('images in a request', () => {
  it('go with the text of the user, and after all answers, in chat completions', () => {
    const part = { type: 'image_url', image_url: { url: URL } };
    expect(toBody(request, 'host', undefined, 'none').messages).toMatchObject([
      { role: 'user', content: [{ type: 'text', text: 'Look' }, part] },
      { role: 'assistant' },
      { role: 'tool', content: 'first' },
      { role: 'tool', content: 'second' },
      { role: 'assistant', content: expect.any(String) },
      { role: 'user', content: [{ type: 'text' }, part] },
    ]);
  });

  it('go with the text of the user, and with their answer, in the Responses API', () => {
    const part = { type: 'input_image', image_url: URL };
    expect(toResponsesBody(request, 'host', undefined, 'none').input).toMatchObject([
      { role: 'user', content: [{ type: 'input_text', text: 'Look' }, part] },
      { type: 'function_call' },
      { type: 'function_call' },
      { type: 'function_call_output', output: [{ type: 'input_text', text: 'first' }, part] },
      { type: 'function_call_output', output: 'second' },
    ]);
  });
});
