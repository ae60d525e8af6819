import { isIP } from 'node:net';
import { z } from 'zod';
import { isSendableKey } from './config.js';

const must = (values: string) => `must be ${values}`;

/** `values` describes the allowed values in docs/settings.md. */
const described = <T extends z.ZodType>(schema: T, values: string): T => schema.meta({ values });

/** A whole number within limits, written in digits. */
export const whole = (min: number, max: number) => {
  const message = must(`a whole number from ${min} to ${max}`);
  return described(
    z
      .string()
      .regex(/^\d{1,15}$/, message)
      .transform(Number)
      .refine((value) => value >= min && value <= max, message),
    `${min} to ${max}`,
  );
};

export const DAY_SECONDS = 86_400;

/** A duration in seconds, at most 30 days. */
export const seconds = (fallback: number, max = 30 * DAY_SECONDS) => whole(1, max).default(fallback);

export const ratio = () =>
  described(
    z
      .string()
      .regex(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, must('a number from 0 to 1'))
      .transform(Number),
    '0 to 1',
  );

/** One of these words; docs/settings.md lists them from the enum. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, must(`${words.slice(0, -1).join(', ')} or ${words.at(-1)}`));

/** Several of these words, with commas. */
export const someOf = <const Words extends readonly [string, ...string[]]>(...words: Words) => {
  const values = `some of ${words.join(', ')}, with commas`;
  return described(
    z
      .string()
      .transform((list) => list.split(',').map((word) => word.trim()))
      .refine((all) => all.every((word) => words.includes(word)), must(values))
      .transform((all): Words[number][] => all),
    values,
  );
};

export const flag = (fallback: boolean) =>
  oneOf('true', 'false')
    .transform((value) => value === 'true')
    .default(fallback);

/** Percent escapes must be valid, too: a % in a password is written as %25. */
function isUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  try {
    return decodeURIComponent(new URL(value).href) !== '';
  } catch {
    return false;
  }
}

const isUrlOf = (protocols: readonly string[]) => (value: string) =>
  isUrl(value) && protocols.includes(new URL(value).protocol.slice(0, -1));

export const url = (...protocols: string[]) => {
  const values = `a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`;
  return described(z.string().refine(isUrlOf(protocols), must(values)), values).optional();
};

/** What is sent in a header. */
export const key = () => {
  const values = 'printable ASCII characters';
  return described(z.string().refine(isSendableKey, must(values)), values).optional();
};

/** A proxy; other programs accept it without `http://`, too. */
export const proxy = () => {
  const values = 'http://host:port, https://host:port or host:port';
  return described(
    z
      .string()
      .transform((value) => (value.includes('://') ? value : `http://${value}`))
      .refine(isUrlOf(['http', 'https']), must(values)),
    values,
  ).optional();
};

export const host = () => {
  const values = 'a host name or an IP address';
  return described(
    z.string().refine((value) => isIP(value) > 0 || /^[a-z0-9.-]+$/i.test(value), must(values)),
    values,
  );
};

/** A scheme and a host, as browsers write an origin; web views of programs have schemes of their own. */
const isOrigin = (value: string) => /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.[\]:-]+$/.test(value);

export const origins = () => {
  const values = 'origins, such as https://ide.example, with commas';
  return described(
    z
      .string()
      .transform((list) => list.split(',').map((origin) => origin.trim()))
      .refine((all) => all.every(isOrigin), must(values)),
    values,
  );
};
