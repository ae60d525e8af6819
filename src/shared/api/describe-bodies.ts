import { OpenAPIObject } from '@nestjs/swagger';
import { PROTECTED_PATH } from './authentication.js';
import { describedProblem } from './problem.dto.js';

const METHODS = ['post', 'put', 'patch'] as const;

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['post']>;

const REFUSED = {
  413: describedProblem('`request.too_large`'),
  415: describedProblem('`request.unsupported_media_type`'),
};

/** Documents how bodies are refused that do not reach their route, in one place, so that a new route cannot lack it. */
export function describeBodies(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => [
    path,
    path.startsWith(`${PROTECTED_PATH}/`) ? describeItem(item) : item,
  ]);
  return { ...document, paths: Object.fromEntries(paths) as OpenAPIObject['paths'] };
}

function describeItem(item: PathItem): PathItem {
  const described = { ...item };
  for (const method of METHODS) {
    const operation = item[method];
    if (operation?.requestBody) described[method] = describeOperation(operation);
  }
  return described;
}

function describeOperation(operation: Operation): Operation {
  const { 400: invalid, ...others } = operation.responses;
  const takesJson = JSON.stringify(operation.requestBody).includes('application/json');
  const codes = invalid && 'description' in invalid ? [invalid.description] : [];
  const all = [...codes, ...(takesJson ? ['`request.malformed_json`'] : [])].join(', ');
  return { ...operation, responses: { 400: describedProblem(all), ...others, ...REFUSED } };
}
