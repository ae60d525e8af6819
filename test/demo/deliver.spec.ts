import { describe, expect, it } from 'vitest';
import type { ToolOutcome } from '../../demo/api.ts';
import { deliver } from '../../demo/deliver.ts';
import { Refused } from '../../demo/ide-client.ts';

/** A server that answers the first outcome with a problem, and keeps what it takes. */
const refusing = (status: number, problem: string) => {
  const taken: ToolOutcome[] = [];
  let isFirst = true;
  const send = async (outcome: ToolOutcome) => {
    if (isFirst) {
      isFirst = false;
      throw new Refused('POST /messages', status, problem);
    }
    taken.push(outcome);
  };
  return { taken, send };
};

describe('the outcome of a tool in the demo', () => {
  it.each([
    [413, '{"detail":"The body is too large"}', 'The body is too large'],
    [400, '{"errors":[{"field":"result","message":"is nested too deep"}]}', 'result is nested too deep'],
    [413, '<html>Request Entity Too Large</html>', '<html>Request Entity Too Large</html>'],
  ])('that is refused with %i is reported as an error of the tool', async (status, problem, reason) => {
    const { taken, send } = refusing(status, problem);
    const failure = { error: `The answer of the tool could not be delivered: ${reason}` };
    expect(await deliver({ result: 'x' }, send)).toEqual(failure);
    expect(taken).toEqual([failure]);
  });

  it('is not replaced where the call has another outcome', async () => {
    const { taken, send } = refusing(409, '{"detail":"settled"}');
    await expect(deliver({ result: 'x' }, send)).rejects.toThrow('409');
    expect(taken).toEqual([]);
  });
});
