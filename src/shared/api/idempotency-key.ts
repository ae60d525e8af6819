import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension, type OpenAPIObject } from '@nestjs/swagger';
import { describedProblem } from './problem.dto.js';

export const IDEMPOTENCY_KEY = 'Idempotency-Key';

const MAX_LENGTH = 255;

export const isSoundKey = (key: string): boolean => key.length <= MAX_LENGTH && /^[ -~]+$/.test(key);

const TAKES_NO_KEY = 'x-takes-no-idempotency-key';

/** Marks a POST whose answer must be that of the moment, also when it is repeated. */
export const IsKeyIgnored = Reflector.createDecorator<true>();

/** A POST that takes no notice of an idempotency key. */
export const TakesNoKey = () => applyDecorators(IsKeyIgnored(true), ApiExtension(TAKES_NO_KEY, true));

const HEADER = {
  name: IDEMPOTENCY_KEY,
  in: 'header',
  required: false,
  description:
    'A name of your own for this request, such as a UUID. The same request with the same key takes effect once, and gets the same answer for 24 hours',
  schema: { type: 'string', minLength: 1, maxLength: MAX_LENGTH, pattern: '^[ -~]+$' },
} as const;

const REUSED = describedProblem('`idempotency.key_reused`');

/** Documents the header on every POST that takes it, in one place, so that a new route cannot lack it. */
export function describeIdempotency(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, { post, ...others }]) => {
    if (!post || TAKES_NO_KEY in post) return [path, { ...others, ...(post && { post }) }];
    const parameters = [...(post.parameters ?? []), HEADER];
    return [
      path,
      { ...others, post: { ...post, parameters, responses: { ...post.responses, 422: REUSED } } },
    ];
  });
  return { ...document, paths: Object.fromEntries(paths) as OpenAPIObject['paths'] };
}
