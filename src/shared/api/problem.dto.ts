import { STATUS_CODES } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

/** An error answer (RFC 9457). */
export const ProblemDto = z
  .looseObject({
    type: z.string().describe('Names the kind of problem; made of the code'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable: what programs decide by'),
    request_id: z.string().describe('Also in the header x-request-id, and in the log'),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('Which fields are at fault'),
  })
  .meta({
    id: 'Problem',
    description: 'An error answer (RFC 9457)',
    example: {
      type: 'urn:agent-runtime:problem:session.not_found',
      title: 'Not Found',
      status: 404,
      detail: 'There is no session 0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
      code: 'session.not_found',
      request_id: '0198c6a2-1f7e-7c3a-9d55-0b8a4f3e2d10',
    },
  });

export type Problem = z.infer<typeof ProblemDto>;

/** What is wrong, before it is put into the form of a problem answer. */
export type Fault = Pick<Problem, 'status' | 'code' | 'detail' | 'errors'> & { details?: object };

export const problemOf = ({ status, code, detail, errors, details }: Fault, requestId: string): Problem => ({
  ...details,
  type: `urn:agent-runtime:problem:${code}`,
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  code,
  request_id: requestId,
  ...(errors && { errors }),
});

/** How a problem answer is described in the OpenAPI document. */
export const describedProblem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** Documents the problems of a route: status → codes. */
export const ApiProblems = (problems: Readonly<Record<number, readonly string[]>>) =>
  applyDecorators(
    ...Object.entries(problems).map(([status, codes]) =>
      ApiResponse({
        status: Number(status),
        ...describedProblem(codes.map((code) => `\`${code}\``).join(', ')),
      }),
    ),
  );
