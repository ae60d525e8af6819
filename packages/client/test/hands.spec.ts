import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { CallDecision, RuntimeEvent, ToolContext } from '../src/index.ts';
import { MESSAGES, OF_RUN, SESSION, runtime, serveRun, server } from './support/active-run.ts';
import {
  event,
  finished,
  json,
  problem,
  requested,
  silentStream,
  stream,
} from './support/scripted-server.ts';

const DECISION = 'POST /v1/approvals/a1/decision';

serveRun();

/** The session, with what its active run waits for. */
const waiting = (lastEventId: number, ...open: { kind: string; id: string }[]) =>
  json({ active_run: { id: 'r1', waiting_for: open }, last_event_id: String(lastEventId) });

/** What was posted as the answer to a call. */
const answers = () =>
  server
    .to(MESSAGES)
    .map(({ body }) => body as { type: string })
    .filter(({ type }) => type === 'tool_result');

const settled = (id: number, callId = 'c1') =>
  event(id, 'tool_call.settled', { call_id: callId, tool_name: 'read_file', status: 'cancelled' });

const approval = (id: number): RuntimeEvent =>
  event(id, 'approval.requested', {
    approval: {
      id: 'a1',
      kind: 'tool_call',
      call_id: 'c1',
      tool_name: 'write_file',
      arguments: { path: 'a' },
    },
  });

const resolved = (id: number) => event(id, 'approval.resolved', { approval_id: 'a1', decision: 'reject' });

/** Ends the run as soon as the server was asked for `route`. */
const endsAfter =
  (route: string, ...events: RuntimeEvent[]) =>
  async () => {
    await eventually(() => expect(server.to(route).length).toBeGreaterThan(route === MESSAGES ? 1 : 0));
    return stream(...events, finished(99));
  };

describe('a tool', () => {
  it.each<[string, unknown, object]>([
    ['a text', 'content', { result: 'content' }],
    ['JSON', { a: [1] }, { result: { a: [1] } }],
    ['nothing', undefined, { result: null }],
    ['what JSON does not know', { a: 1n }, { error: expect.stringMatching(/BigInt/) as string }],
  ])('answers %s', async (_, result, answer) => {
    server.on(OF_RUN, stream(requested(1)), endsAfter(MESSAGES, requested(1)));
    await runtime.ask('s1', 'Hi', { tools: { read_file: () => result } });
    expect(answers()).toEqual([{ type: 'tool_result', call_id: 'c1', ...answer }]);
  });

  it.each<[unknown, string]>([
    [new Error('no such file'), 'no such file'],
    ['a text', 'a text'],
    [new Error(' '), 'The tool failed without a message'],
    [new Error('x'.repeat(200_000)), 'x'.repeat(100_000)],
  ])('that throws has answered (%#)', async (thrown, error) => {
    server.on(OF_RUN, stream(requested(1)), endsAfter(MESSAGES));
    await runtime.ask('s1', 'Hi', { tools: { read_file: () => Promise.reject(thrown) } });
    expect(answers()).toEqual([{ type: 'tool_result', call_id: 'c1', error }]);
  });

  it.each([400, 413])('whose answer is refused with %i tells the model so', async (status) => {
    const taken = json({ run: { id: 'r1' } }, 202);
    const refusal = problem(status, 'request.too_large', { detail: 'It is too large' });
    server.on(MESSAGES, taken, refusal, taken);
    server.on(OF_RUN, stream(requested(1)), async () => {
      await eventually(() => expect(answers()).toHaveLength(2));
      return stream(finished(9));
    });
    await runtime.ask('s1', 'Hi', { tools: { read_file: () => 'long' } });
    expect(answers()[1]).toMatchObject({ error: 'The answer of the tool was refused: It is too large' });
  });

  it.each(['tool_call.already_settled', 'tool_call.not_found'])(
    'is over where the server says %s',
    async (code) => {
      const status = code === 'tool_call.not_found' ? 404 : 409;
      server.on(MESSAGES, json({ run: { id: 'r1' } }, 202), problem(status, code));
      server.on(OF_RUN, stream(requested(1)), endsAfter(MESSAGES));
      await expect(runtime.ask('s1', 'Hi', { tools: { read_file: () => 1 } })).resolves.toMatchObject({
        status: 'completed',
      });
    },
  );

  it('is told by its signal that its call is settled, and its answer is dropped', async () => {
    server.on(OF_RUN, stream(requested(1)), stream(settled(2)), stream(finished(3)));
    const read_file = (_: object, { signal }: ToolContext) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve('too late')));
    await runtime.ask('s1', 'Hi', { tools: { read_file } });
    expect(answers()).toEqual([]);
  });

  it.each<[string, number, boolean]>([
    ['kept with its answer', 1_000, true],
    ['left out where it is longer than the server takes', 70_000, false],
  ])('has what it shows %s', async (_, length, isKept) => {
    server.on(OF_RUN, stream(requested(1)), endsAfter(MESSAGES));
    const display = { text: 'x'.repeat(length) };
    const read_file = (__: object, { show }: ToolContext) => {
      show(display);
      throw new Error('too late');
    };
    await runtime.ask('s1', 'Hi', { tools: { read_file } });
    expect(answers()).toEqual([
      { ...{ type: 'tool_result', call_id: 'c1' }, error: 'too late', ...(isKept && { display }) },
    ]);
  });

  it.each(['make_coffee', 'constructor', '__proto__'])('named %s is left to another client', async (name) => {
    server.on(OF_RUN, stream(requested(1, 'c1', name), finished(2)));
    await runtime.ask('s1', 'Hi', { tools: { read_file: () => 1 } });
    expect(answers()).toEqual([]);
  });

  it('that is not known is answered by `onUnknownTool`', async () => {
    server.on(OF_RUN, stream(requested(1, 'c1', 'make_coffee')), endsAfter(MESSAGES));
    await runtime.ask('s1', 'Hi', { onUnknownTool: ({ path }, { call }) => [call.tool_name, path ?? null] });
    expect(answers()).toMatchObject([{ result: ['make_coffee', 'a.txt'] }]);
  });

  it('that clients declare is executed by the one that has it, and left alone by the others', async () => {
    const ofClient = (asked: RuntimeEvent) =>
      ({ ...asked, data: { ...(asked.data as object), source: 'client' } }) as RuntimeEvent;
    server.on(
      OF_RUN,
      stream(ofClient(requested(1, 'c1', 'brew')), requested(2, 'c2', 'brew')),
      endsAfter(MESSAGES),
    );
    await runtime.ask('s1', 'Hi', {
      declared: { brew: ({ path }) => path! },
      onUnknownTool: () => 'unknown',
    });
    expect(answers()).toMatchObject([
      { call_id: 'c1', result: 'a.txt' },
      { call_id: 'c2', result: 'unknown' },
    ]);
    server.on(OF_RUN, stream(ofClient(requested(1, 'c3', 'brew')), finished(2)));
    await runtime.ask('s1', 'Hi', { tools: { read_file: () => 1 }, onUnknownTool: () => 'unknown' });
    expect(answers()).toHaveLength(2);
  });

  it('is not begun where its journal holds the call, nor by two lendings at once', async () => {
    const begun: string[] = [];
    const kept = new Set(['c1']);
    const journal = {
      has: (callId: string) => new Promise<boolean>((known) => setTimeout(known, 20, kept.has(callId))),
      add: (callId: string) => kept.add(callId),
    };
    const tools = {
      read_file: (_: object, { call }: ToolContext) => {
        begun.push(call.call_id);
        return 1;
      },
    };
    const both = () => stream(requested(1), requested(2, 'c2'));
    server.on(OF_RUN, both, both, async () => {
      await eventually(() => expect(answers()).toHaveLength(1));
      return stream(finished(9));
    });
    await Promise.all([
      runtime.ask('s1', 'Hi', { tools, journal }),
      runtime.ask('s1', 'Hi', { tools, journal }),
    ]);
    expect(begun).toEqual(['c2']);
    expect([...kept]).toEqual(['c1', 'c2']);
  });

  it('is not begun for a call that is over, where its event comes late', async () => {
    const hourAgo = new Date(Date.now() - 3_600_000);
    server.on(
      OF_RUN,
      silentStream(requested(1, 'c1', 'read_file', hourAgo), requested(2, 'c2', 'read_file', hourAgo)),
    );
    server.on(SESSION, waiting(2, { kind: 'tool_result', id: 'c2' }));
    const asking = runtime.ask('s1', 'Hi', { tools: { read_file: (_, { call }) => call.call_id } });
    asking.catch(() => undefined); // it is left
    await eventually(() => expect(answers()).toMatchObject([{ call_id: 'c2', result: 'c2' }]));
    expect(server.to(SESSION)).toHaveLength(2);
  });
});

describe('an approval', () => {
  it('is asked again with the refusal of an edit', async () => {
    const refusal = problem(400, 'request.invalid', { errors: [{ field: 'path', message: 'is missing' }] });
    server.on(DECISION, refusal, json({}));
    server.on(OF_RUN, stream(approval(1)), async () => {
      await eventually(() => expect(server.to(DECISION)).toHaveLength(2));
      return stream(finished(9));
    });
    const refusals: unknown[] = [];
    await runtime.ask('s1', 'Hi', {
      onApproval: (_, { refusal: text }): CallDecision => {
        refusals.push(text);
        return { decision: 'edit', modified_arguments: text === undefined ? {} : { path: 'b' } };
      },
    });
    expect(refusals).toEqual([undefined, 'path is missing']);
    expect(server.to(DECISION)[1]!.body).toEqual({ decision: 'edit', modified_arguments: { path: 'b' } });
  });

  it('ends everything where the same edit is refused again, as a policy would send it for ever', async () => {
    server.on(DECISION, problem(400, 'request.invalid')).on(OF_RUN, silentStream(approval(1)));
    const onApproval = (): CallDecision => ({ decision: 'edit', modified_arguments: {} });
    await expect(runtime.ask('s1', 'Hi', { onApproval })).rejects.toMatchObject({ code: 'request.invalid' });
    expect(server.to(DECISION)).toHaveLength(2);
  });

  it('closes its question when it was answered elsewhere', async () => {
    server.on(OF_RUN, stream(approval(1)), stream(resolved(2)), stream(finished(3)));
    let isClosed = false;
    const onApproval = (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<CallDecision>((resolve) =>
        signal.addEventListener('abort', () => {
          isClosed = true;
          resolve({ decision: 'approve' });
        }),
      );
    await runtime.ask('s1', 'Hi', { onApproval });
    expect(isClosed).toBe(true);
    expect(server.to(DECISION)).toEqual([]);
  });

  it.each(['approval.already_decided', 'approval.expired'])(
    'is no error where the server says %s',
    async (code) => {
      server.on(DECISION, problem(409, code)).on(OF_RUN, stream(approval(1)), endsAfter(DECISION));
      const outcome = await runtime.ask('s1', 'Hi', { onApproval: () => ({ decision: 'approve' }) });
      expect(outcome.status).toBe('completed');
    },
  );

  it('is left to others where there is no handler, or it decides nothing', async () => {
    server.on(OF_RUN, stream(approval(1), finished(2)));
    await runtime.ask('s1', 'Hi');
    await runtime.ask('s1', 'Hi', { onApproval: () => undefined });
    expect(server.to(DECISION)).toEqual([]);
  });

  it('whose handler throws ends the asking with that error', async () => {
    server.on(OF_RUN, silentStream(approval(1)));
    const asking = runtime.ask('s1', 'Hi', { onApproval: () => Promise.reject(new Error('a defect')) });
    await expect(asking).rejects.toThrow('a defect');
  });
});

describe('resuming', () => {
  const BEFORE = [requested(1, 'c1'), settled(2, 'c1'), requested(3, 'c2'), requested(4, 'c3')] as const;
  const OPEN = [
    { kind: 'tool_result', id: 'c2' },
    { kind: 'tool_result', id: 'c3' },
  ];

  it('does what is open, and nothing of what is over', async () => {
    server.on(SESSION, waiting(4, ...OPEN));
    server.on(OF_RUN, stream(...BEFORE), async () => {
      await eventually(() => expect(answers()).toHaveLength(2));
      return stream(requested(5, 'c4'));
    });
    server.on(OF_RUN, stream(...BEFORE, requested(5, 'c4')), async () => {
      await eventually(() => expect(answers()).toHaveLength(3));
      return stream(finished(9));
    });
    const outcome = await runtime.resume('s1', { tools: { read_file: (_, { call }) => call.call_id } });
    expect(outcome).toMatchObject({ runId: 'r1', status: 'completed' });
    expect(answers()).toMatchObject(['c2', 'c3', 'c4'].map((id) => ({ call_id: id, result: id })));
  });

  it('tells the model of a call whose outcome was lost, instead of executing it again', async () => {
    server.on(SESSION, waiting(4, ...OPEN));
    server.on(OF_RUN, stream(...BEFORE), async () => {
      await eventually(() => expect(answers()).toHaveLength(2));
      return stream(finished(9));
    });
    await runtime.resume('s1', { journal: new Set(['c2']), tools: { read_file: () => 1 } });
    expect(answers()).toMatchObject([
      { call_id: 'c2', error: expect.stringContaining('is not known') as string },
      { call_id: 'c3', result: 1 },
    ]);
  });

  it('asks about the version of a plan that is in review, not about those before', async () => {
    const review = (id: number, approvalId: string, version: number) =>
      event(id, 'plan.approval_required', { approval_id: approvalId, plan: { id: 'p1', version } });
    server.on(SESSION, waiting(2, { kind: 'plan_decision', id: 'p1' }));
    server.on(
      'GET /v1/sessions/s1/approvals',
      json({ data: [{ id: 'a2', run_id: 'r1' }], has_more: false, next_cursor: null }),
    );
    server.on('POST /v1/approvals/a2/decision', json({}));
    server.on(
      OF_RUN,
      stream(review(1, 'a1', 1), review(2, 'a2', 2)),
      endsAfter('POST /v1/approvals/a2/decision'),
    );
    const versions: number[] = [];
    await runtime.resume('s1', {
      onPlan: ({ version }) => {
        versions.push(version);
        return { decision: 'approve' };
      },
    });
    expect(versions).toEqual([2]);
  });

  it('is nothing where no run is active', async () => {
    server.on(SESSION, json({ active_run: null, last_event_id: '7' }));
    expect(await runtime.resume('s1')).toBeUndefined();
  });
});

describe('lending', () => {
  const OF_SESSION = 'GET /v1/sessions/s1/events';

  it('does what is open and what comes, and leaves out what lies before, until it is closed', async () => {
    server.on(SESSION, waiting(3, { kind: 'tool_result', id: 'c2' }));
    server.on(OF_RUN, silentStream(requested(1, 'c1'), settled(2, 'c1'), requested(3, 'c2')));
    server.on(OF_SESSION, silentStream(requested(1, 'c1'), requested(3, 'c2'), requested(4, 'c3')));
    const seen: string[] = [];
    const lending = runtime.lend('s1', {
      after: '0',
      tools: { read_file: (_, { call }) => call.call_id },
      onEvent: ({ id }) => seen.push(id),
    });
    await eventually(() => expect(answers()).toHaveLength(2));
    expect(answers()).toMatchObject([{ call_id: 'c2' }, { call_id: 'c3' }]);
    expect(seen).toEqual(['1', '3', '4']);
    await lending.close();
    await lending.ended;
  });

  it('begins now where no cursor is given', async () => {
    server.on(SESSION, json({ active_run: null, last_event_id: '7' })).on(OF_SESSION, silentStream());
    const lending = runtime.lend('s1');
    await eventually(() => expect(server.to(OF_SESSION)[0]?.headers.get('last-event-id')).toBe('7'));
    await lending.close();
  });

  it('looks again at what is open where the log was set back', async () => {
    const reset = event(2, 'stream.reset', { reason: 'cursor_ahead', resume_after: '2' });
    server.on(
      SESSION,
      json({ active_run: null, last_event_id: '9' }),
      waiting(2, { kind: 'tool_result', id: 'c5' }),
    );
    server.on(OF_RUN, silentStream(requested(2, 'c5')));
    server.on(OF_SESSION, silentStream(reset));
    const lending = runtime.lend('s1', { tools: { read_file: () => 1 } });
    await eventually(() => expect(answers()).toMatchObject([{ call_id: 'c5' }]));
    await lending.close();
  });

  it('is ended by a handler that throws, and by a server that refuses', async () => {
    server
      .on(SESSION, json({ active_run: null, last_event_id: '0' }))
      .on(OF_SESSION, silentStream(approval(1)));
    const onApproval = () => Promise.reject(new Error('a defect'));
    await expect(runtime.lend('s1', { onApproval }).ended).rejects.toThrow('a defect');
    server.on(OF_SESSION, problem(404, 'session.not_found'));
    await expect(runtime.lend('s1').ended).rejects.toMatchObject({ code: 'session.not_found' });
  });
});

describe('asking', () => {
  it('answers how the run has ended, and what was said in the main history', async () => {
    const said = (id: number, messageId: string, content: string, more: object = {}) =>
      event(id, 'message.completed', {
        ...{
          message_id: messageId,
          agent: 'coder',
          content,
          tool_calls: [],
          finish_reason: 'stop',
          usage: null,
        },
        ...more,
      });
    server.on(
      OF_RUN,
      stream(
        said(1, 'm1', 'One'),
        said(2, 'm2', 'Aside', { subtask_id: 't1' }),
        said(3, 'm3', 'Two'),
        finished(4),
      ),
    );
    const outcome = await runtime.ask('s1', { content: 'Hi', on_busy: 'queue' });
    expect(outcome).toMatchObject({ runId: 'r1', status: 'completed', texts: ['One', 'Two'] });
    expect(server.to(MESSAGES)[0]!.body).toEqual({ type: 'user_message', content: 'Hi', on_busy: 'queue' });
  });

  it('is left by the signal, with its reason', async () => {
    server.on(OF_RUN, silentStream(event(1, 'a')));
    const leaving = new AbortController();
    const reason = new Error('closed');
    const onEvent = () => leaving.abort(reason);
    await expect(runtime.ask('s1', 'Hi', { signal: leaving.signal, onEvent })).rejects.toBe(reason);
  });

  it('is refused as the message is', async () => {
    server.on(MESSAGES, problem(409, 'run.in_progress'));
    await expect(runtime.ask('s1', 'Hi')).rejects.toMatchObject({ code: 'run.in_progress' });
  });

  it('begins the run anew in its eyes where the log was set back', async () => {
    const reset = event(1, 'stream.reset', { reason: 'cursor_ahead', resume_after: '1' });
    server.on(OF_RUN, stream(requested(2)), silentStream(reset), stream(requested(2), finished(3)));
    server.on(SESSION, waiting(2));
    let times = 0;
    await runtime.ask('s1', 'Hi', { tools: { read_file: () => times++ } });
    expect(times).toBe(1);
  });
});
