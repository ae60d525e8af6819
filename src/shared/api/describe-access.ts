import type { OpenAPIObject } from '@nestjs/swagger';
import { PROTECTED_PATH } from './authentication.js';
import { describedProblem } from './problem.dto.js';
import { EVENT_STREAM } from './sse-transport.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Responses = Operation['responses'];

const SCHEME = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A key (`ar_…`, AUTH_MODE=api_key) or a token (AUTH_MODE=jwt). With AUTH_MODE=none nothing is asked for',
} as const;

/** Documents the authentication of every user route in one place, so that a new route cannot lack it. */
export function describeAccess(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => [
    path,
    path.startsWith(`${PROTECTED_PATH}/`) ? describeItem(item) : item,
  ]);
  const components = { ...document.components, securitySchemes: { bearer: SCHEME } };
  return { ...document, components, paths: Object.fromEntries(paths) as OpenAPIObject['paths'] };
}

function describeItem(item: PathItem): PathItem {
  const described = { ...item };
  for (const method of METHODS) {
    const operation = item[method];
    if (!operation) continue;
    described[method] = {
      ...operation,
      security: [{ bearer: [] }],
      responses: withRefusals(operation.responses, limitsOf(method, operation.responses)),
    };
  }
  return described;
}

function limitsOf(method: (typeof METHODS)[number], responses: Responses): string[] {
  const rate = method === 'get' ? [] : ['request.rate_limited'];
  if (streams(responses)) return [...rate, 'stream.too_many'];
  return method === 'get' ? ['read.too_many'] : rate;
}

function withRefusals(responses: Responses, tooMany: readonly string[]): Responses {
  const before = responses['429'];
  const known = before && 'description' in before ? [before.description] : [];
  const codes = [...known, ...tooMany.map((code) => `\`${code}\``)];
  return {
    ...responses,
    401: describedProblem('`auth.required`'),
    ...(codes.length > 0 && { 429: describedProblem(codes.join(', ')) }),
  };
}

const streams = (responses: Responses): boolean =>
  Object.values(responses).some(
    (response) => response && 'content' in response && EVENT_STREAM in (response.content ?? {}),
  );
