import { Redaction } from '../../../shared/infrastructure/redaction.js';
import { fieldsOf, stringOf } from './openai-chunk.js';

/** The part of the provider's text that is examined or logged. */
export const LONGEST_TEXT = 4_000;
/** A name, or an HTTP status. */
const CODE = /^(?:[a-z][a-z0-9_.-]{0,63}|\d{3})$/;
/** Where the text of a validator repeats the input: pydantic's, also as JSON within the text. */
const INPUT = /['"]input['"]:|input_value=/;
/** Names that say nothing. */
const NO_CODES = new Set(['none', 'null']);
/** Longer delays are times in the wrong unit, or not meant as delays. */
const LONGEST_DELAY_MS = 7 * 24 * 3_600_000;

/** Knows secrets by their form. */
const redaction = new Redaction([]);

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

/** The known parts of a refusal. */
export interface RefusalFacts {
  readonly status: number | undefined;
  /** The provider's names for it, in lower case, the most precise one first. */
  readonly names: readonly string[];
  /** The provider's sentences. */
  readonly text: string;
  /** The fields of the request that it is about. */
  readonly fields: readonly string[];
  /** Undefined if the provider does not say when to ask again. */
  readonly retryAfterMs: number | undefined;
}

/** Reads the error objects of OpenAI and of the servers that follow it (vLLM, Gemini, Azure, Mistral, OpenRouter, …). */
export function readRefusal({ body, response }: ProviderRefusal): RefusalFacts {
  const { error, metadata } = partsOf(parse(body));
  const names = [error['code'], fieldsOf(error['innererror'])['code'], error['type'], error['status']];
  return {
    status: response?.status ?? [error['code'], error['status']].map(Number).find(isErrorStatus),
    names: names.map((name) => toProviderCode(name) ?? '').filter((name) => name !== ''),
    text: sentencesIn(body),
    fields: fieldsIn(error),
    retryAfterMs:
      delayOf(response?.headers, error) ?? resetOf(response?.headers, fieldsOf(metadata['headers'])),
  };
}

/** The most precise of a refusal's names: a word is better than a number. */
export const codeOf = ({ names }: RefusalFacts): string | undefined =>
  names.find((name) => !/^\d+$/.test(name)) ?? names[0];

/** OpenAI's `tools[3].function.parameters`, a validator's `body.tools.3.function`, Gemini's own after one list of them all. */
const TOOL_PLACE = /\btools\[0\]\.function_declarations\[(\d{1,4})\]|\btools(?:\[(\d{1,4})\]|\.(\d{1,4})\b)/;

/** The place in the request of the tool that a refusal names. */
export function toolPlaceIn({ fields, text }: RefusalFacts): number | undefined {
  const place = [...fields, text].map((each) => TOOL_PLACE.exec(each)).find((match) => match !== null);
  const digits = place?.slice(1).find((group) => group !== undefined);
  return digits === undefined ? undefined : Number(digits);
}

/** OpenAI's "Invalid schema for function 'look_up'", where the place is missing, and the same the other way round. */
const TOOL_NAME =
  /\b(?:schema|parameters|declaration|definition) (?:for|of|in) (?:the )?(?:function|tool):? ['"`]([A-Za-z][\w-]{0,63})['"`]|\b(?:function|tool):? ['"`]([A-Za-z][\w-]{0,63})['"`] has (?:an )?invalid (?:schema|parameters)/i;

/** The name of the tool that a refusal is about. */
export function toolNameIn({ text }: RefusalFacts): string | undefined {
  const [, after, before] = TOOL_NAME.exec(text) ?? [];
  return after ?? before;
}

/**
 * A name of the provider's as a code: at most 64 characters of `[a-z0-9_.-]`.
 * @returns undefined for anything else: gateways put texts, addresses and keys there
 */
export function toProviderCode(name: unknown): string | undefined {
  if (typeof name !== 'string' && typeof name !== 'number') return undefined;
  const given = String(name);
  const code = given.toLowerCase();
  return CODE.test(code) && !NO_CODES.has(code) && redaction.clean(given) === given ? code : undefined;
}

const isErrorStatus = (status: number): boolean => Number.isInteger(status) && status >= 400 && status < 600;

/** What an error says. The rest of its body may repeat the conversation, as validators repeat what they refuse. */
function sentencesIn(body: string): string {
  const parsed = parse(body);
  if (parsed === undefined) return body.slice(0, LONGEST_TEXT);
  const { outer, error, metadata } = partsOf(parsed);
  const behind = stringOf(metadata['raw']); // of OpenRouter: the body of the server behind it
  return [outer['error'], error['message'], error['detail'], behind && sentencesIn(behind)]
    .map((text) => stringOf(text).split(INPUT, 1)[0])
    .filter((text) => text !== '')
    .join(' ')
    .slice(0, LONGEST_TEXT);
}

/** By OpenAI's `param`, and the places that validators name (FastAPI's, and Mistral's within its message). */
function fieldsIn(error: ReturnType<typeof fieldsOf>): string[] {
  const detail = error['detail'] ?? fieldsOf(error['message'])['detail'];
  const places = Array.isArray(detail) ? detail.map((each) => fieldsOf(each)['loc']) : [];
  const joined = places.map((place) => (Array.isArray(place) ? place.join('.') : stringOf(place)));
  return [stringOf(error['param']), ...joined].filter((name) => name !== '');
}

function partsOf(parsed: unknown) {
  const outer = fieldsOf(Array.isArray(parsed) ? parsed[0] : parsed);
  const error = fieldsOf(outer['error'] ?? outer);
  return { outer, error, metadata: fieldsOf(error['metadata']) };
}

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

/** Undefined for a time that is none. */
const delay = (ms: number): number | undefined => (ms <= LONGEST_DELAY_MS ? Math.max(0, ms) : undefined);
