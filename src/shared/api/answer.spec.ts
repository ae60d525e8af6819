import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { Answer, AnswerInterceptor } from './answer.js';

async function answered(result: unknown) {
  const response = { status: vi.fn().mockReturnThis(), set: vi.fn().mockReturnThis() };
  const context = new ExecutionContextHost([{}, response]);
  const body = await lastValueFrom(new AnswerInterceptor().intercept(context, { handle: () => of(result) }));
  return { body, status: response.status.mock.calls, headers: response.set.mock.calls };
}

describe('an answer of a route', () => {
  it('puts its status and headers on the response, and its body is sent like any other', async () => {
    const { body, status, headers } = await answered(new Answer(304, undefined, { etag: '"1"' }));
    expect([body, status, headers]).toEqual([undefined, [[304]], [[{ etag: '"1"' }]]]);
  });

  it.each([
    [202, false],
    [200, true],
  ])('says %i, where that it was accepted before is %s', async (expected, repeated) => {
    const { body, status } = await answered(Answer.accepted({ repeated }, { id: '1' }));
    expect([body, status]).toEqual([{ id: '1' }, [[expected]]]);
  });

  it('may be a body alone, which keeps the status of the route', async () => {
    expect(await answered({ id: '1' })).toEqual({ body: { id: '1' }, status: [], headers: [] });
  });
});
