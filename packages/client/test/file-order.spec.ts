import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { FileAnswer, type RuntimeEvent, type ToolContext, ToolError } from '../src/index.ts';
import { MESSAGES, OF_RUN, runtime, serveRun, server } from './support/active-run.ts';
import { event, finished, stream } from './support/scripted-server.ts';

const PATH = 'a.txt';

/** What was executed, and with which hash. */
let executed: [callId: string, hash: string | null | undefined][];

serveRun();
beforeEach(() => void (executed = []));

const edit = (callId: string, after?: string, path = PATH) => ({
  ...{ call_id: callId, tool_name: 'edit_file', arguments: { path, edits: [] }, agent: 'coder' },
  ...{ deadline_at: null, expected_hash: 'first', ...(after && { after }) },
});
const requested = (id: number, ...of: Parameters<typeof edit>) =>
  event(id, 'tool_call.requested', edit(...of));
const asked = (id: number, ...of: Parameters<typeof edit>) =>
  event(id, 'approval.requested', { approval: { id: `a-${of[0]}`, kind: 'tool_call', ...edit(...of) } });
const settled = (id: number, callId: string, status = 'completed') =>
  event(id, 'tool_call.settled', { call_id: callId, tool_name: 'edit_file', status });

const answers = () =>
  server
    .to(MESSAGES)
    .map(({ body }) => body as Record<string, unknown>)
    .filter(({ type }) => type === 'tool_result');

const execute = ({ path }: { path: string }, { call }: ToolContext) => {
  executed.push([call.call_id, call.expected_hash]);
  return new FileAnswer('ok', { path, hash: `by-${call.call_id}` });
};

/** Plays the parts one after the other, each when the calls before have been answered. */
async function play(
  edit_file: typeof execute,
  ...parts: [after: number, ...RuntimeEvent[]][]
): Promise<void> {
  const streams = parts.map(([count, ...events]) => async () => {
    await eventually(() => expect(answers()).toHaveLength(count));
    return stream(...events);
  });
  server.on(OF_RUN, ...streams);
  await runtime.ask('s1', 'Hi', { tools: { edit_file } });
}

describe('two edits of one file', () => {
  it('of which the later is allowed first wait for the earlier, and take the hash that it brought', async () => {
    await play(
      execute,
      [0, asked(1, 'c1'), asked(2, 'c2', 'c1'), requested(3, 'c2', 'c1'), requested(4, 'c1')],
      [1, settled(5, 'c1')],
      [2, settled(6, 'c2'), finished(7)],
    );
    expect(executed).toEqual([
      ['c1', 'first'],
      ['c2', 'by-c1'],
    ]);
    expect(answers().map(({ call_id: id, file }) => [id, file])).toEqual([
      ['c1', { path: PATH, hash: 'by-c1' }],
      ['c2', { path: PATH, hash: 'by-c2' }],
    ]);
  });

  it('of which the earlier is rejected: the later expects what it was told', async () => {
    await play(
      execute,
      [0, asked(1, 'c1'), asked(2, 'c2', 'c1'), requested(3, 'c2', 'c1'), settled(4, 'c1', 'rejected')],
      [1, settled(5, 'c2'), finished(6)],
    );
    expect(executed).toEqual([['c2', 'first']]);
  });

  it('of which the later is cancelled while it waits: it is never executed', async () => {
    await play(execute, [
      0,
      ...[asked(1, 'c1'), requested(2, 'c2', 'c1'), settled(3, 'c2', 'cancelled'), settled(4, 'c1')],
      finished(5),
    ]);
    expect(executed).toEqual([]);
  });

  it('take no hash of another file', async () => {
    await play(
      execute,
      [0, requested(1, 'c1', undefined, 'b.txt'), requested(2, 'c2', 'c1')],
      [1, settled(3, 'c1')],
      [2, settled(4, 'c2'), finished(5)],
    );
    expect(executed).toEqual([
      ['c1', 'first'],
      ['c2', 'first'],
    ]);
  });

  it('follow a call that was settled before this client came', async () => {
    await play(execute, [0, requested(1, 'c2', 'c1')], [1, finished(2)]);
    expect(executed).toEqual([['c2', 'first']]);
  });
});

describe('a plan that is asked about', () => {
  it('holds no call back', async () => {
    const plan = event(1, 'plan.approval_required', { approval_id: 'p1', plan: {} });
    await play(execute, [0, plan, requested(2, 'c1')], [1, finished(3)]);
    expect(executed).toEqual([['c1', 'first']]);
  });
});

describe('an error of a tool', () => {
  it.each<[Error, object]>([
    [new ToolError('edit.stale', 'read it again'), { error: 'read it again', error_code: 'edit.stale' }],
    [Object.assign(new Error('no such file'), { code: 'ENOENT' }), { error: 'no such file' }],
  ])('is told with its code where the server knows it: %s', async (thrown, answer) => {
    await play(
      () => {
        throw thrown;
      },
      [0, requested(1, 'c1')],
      [1, finished(2)],
    );
    expect(answers()).toEqual([{ type: 'tool_result', call_id: 'c1', ...answer }]);
  });
});
