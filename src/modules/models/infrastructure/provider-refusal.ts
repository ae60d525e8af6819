import { fieldsOf, stringOf } from './openai-chunk.js';

/** The part of the provider's text that is looked at. */
const LONGEST_TEXT = 4_000;
const LONGEST_CODE = 64;

export interface RefusedResponse {
  readonly status: number;
  readonly headers: Headers;
}

/** A provider's error: the body of a response other than 2xx, or an event in place of a chunk. */
export class ProviderRefusal extends Error {
  constructor(
    /** May contain keys, prompts or addresses. */
    readonly body: string,
    readonly response?: RefusedResponse,
  ) {
    super('The provider answers with an error');
  }
}

/** A refusal, as far as it can be understood. */
export interface RefusalFacts {
  readonly status: number | undefined;
  /** The provider's names for it, in lower case, the most precise one first. */
  readonly names: readonly string[];
  /** The provider's text. */
  readonly text: string;
  /** Undefined if the provider does not say when to ask again. */
  readonly retryAfterMs: number | undefined;
}

/** Reads the error objects of OpenAI and of the servers that follow it (vLLM, Gemini, Azure, Mistral, OpenRouter, …). */
export function readRefusal({ body, response }: ProviderRefusal): RefusalFacts {
  const parsed = parse(body);
  const outer = fieldsOf(Array.isArray(parsed) ? parsed[0] : parsed);
  const error = fieldsOf(outer['error'] ?? outer);
  const metadata = fieldsOf(error['metadata']);
  const names = [error['code'], fieldsOf(error['innererror'])['code'], error['type'], error['status']];
  const texts = [outer['error'], error['message'], error['detail'], metadata['raw']].map(stringOf);
  return {
    status: response?.status ?? [error['code'], error['status']].map(Number).find(isErrorStatus),
    names: names.map((name) => toProviderCode(name) ?? '').filter((name) => name !== ''),
    text: (texts.filter((text) => text !== '').join(' ') || body).slice(0, LONGEST_TEXT),
    retryAfterMs:
      delayOf(response?.headers, error) ?? resetOf(response?.headers, fieldsOf(metadata['headers'])),
  };
}

/** The most telling of a refusal's names: a word before a number. */
export const codeOf = ({ names }: RefusalFacts): string | undefined =>
  names.find((name) => !/^\d+$/.test(name)) ?? names[0];

/** A name of the provider's as a code: at most 64 characters of `[a-z0-9_.-]`. Undefined for texts. */
export function toProviderCode(name: unknown): string | undefined {
  if (typeof name !== 'string' && typeof name !== 'number') return undefined;
  const word = String(name).toLowerCase();
  if (word === '' || /\s/.test(word)) return undefined;
  return word.replaceAll(/[^a-z0-9_.-]+/g, '_').slice(0, LONGEST_CODE);
}

const isErrorStatus = (status: number): boolean => Number.isInteger(status) && status >= 400 && status < 600;

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // a web page, or the text of a gateway
  }
}

/**
 * OpenAI's `retry-after-ms`, Retry-After (RFC 9110, 10.2.3: seconds, or a date), Google's RetryInfo (`"38s"`). A date is
 * compared with the time of the same answer, as the clocks of provider and server may differ.
 */
function delayOf(headers: Headers | undefined, error: ReturnType<typeof fieldsOf>): number | undefined {
  const precise = headers?.get('retry-after-ms');
  if (precise) return delay(Number(precise));
  const header = headers?.get('retry-after');
  if (header)
    return delay(isNumber(header) ? Number(header) * 1000 : Date.parse(header) - answeredAt(headers));
  const details = Array.isArray(error['details']) ? error['details'] : [];
  const told = details.map((each) => stringOf(fieldsOf(each)['retryDelay'])).find((each) => each !== '');
  return told === undefined ? undefined : delay(Number(told.replace(/s$/, '')) * 1000);
}

/** OpenRouter's `X-RateLimit-Reset`, one of the headers that it quotes: a time in milliseconds. */
function resetOf(headers: Headers | undefined, quoted: ReturnType<typeof fieldsOf>): number | undefined {
  const reset = quoted['X-RateLimit-Reset'];
  return reset === undefined ? undefined : delay(Number(reset) - answeredAt(headers));
}

/** By the clock of the provider, in milliseconds; NaN if it does not say. */
const answeredAt = (headers: Headers | undefined): number => Date.parse(headers?.get('date') ?? '');

const isNumber = (text: string): boolean => /^\d+(\.\d+)?$/.test(text);

const delay = (ms: number): number | undefined => (Number.isFinite(ms) ? Math.max(0, ms) : undefined);
