import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import type OpenAI from 'openai';
import { ModelError } from '../application/language-model.js';
import { readBody } from './model-transport.js';
import { MAX_ANSWER_CHARACTERS } from './openai-answer.js';
import { answerTooLong } from './openai-errors.js';

/** Limit for the whole stream: a provider may send endless events without text. */
const MAX_STREAM_BYTES = 256 * 1024 * 1024;
/** Limit for one event; JSON may escape one character as six. */
const MAX_EVENT_CHARACTERS = 6 * MAX_ANSWER_CHARACTERS;

export type Chunk = OpenAI.Chat.ChatCompletionChunk;

/**
 * Reads the server-sent events of an answer (WHATWG HTML, 9.2), whose data are chunks, up to `[DONE]`.
 * @param onBytes called for each part of the body, even without a complete event
 * @throws SyntaxError for data that is not JSON, ModelError where the provider reports a failure or exceeds a limit
 */
export async function readChunks(
  response: Response,
  onBytes: () => void,
  onChunk: (chunk: Chunk) => void,
): Promise<void> {
  let done = false;
  let bytes = 0;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw answerTooLong(); // unknown fields are ignored
    },
    onEvent: ({ data }) => {
      done ||= data.startsWith('[DONE]');
      if (done) return;
      const chunk = JSON.parse(data) as (Chunk & { error?: unknown }) | null;
      if (chunk?.error)
        throw new ModelError('model.server_error', 'The model failed in the middle of its answer');
      if (chunk) onChunk(chunk);
    },
  });
  const decoder = new StringDecoder('utf8');
  await readBody(response, (part) => {
    onBytes();
    bytes += part.length;
    if (bytes > MAX_STREAM_BYTES) throw answerTooLong();
    parser.feed(decoder.write(part));
    return done;
  });
}
