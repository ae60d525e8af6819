import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { AgentRuntime, type RuntimeEvent, type ToolContext } from '../src/index.ts';
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

const CLAIM = 'POST /v1/tool-calls/c1/claim';
const TAKEN = problem(409, 'tool_call.claimed');

serveRun();
beforeEach(() => void server.on(CLAIM, json({ attempt: 1 })));
afterEach(() => void vi.useRealTimers());

interface Said {
  type: string;
  call_id: string;
  client_id?: string;
}

/** What was posted as the answer to a call. */
const answers = () =>
  server
    .to(MESSAGES)
    .map(({ body }) => body as Said)
    .filter(({ type }) => type === 'tool_result');

const claimants = () => server.to(CLAIM).map(({ body }) => (body as Said).client_id);

const released = (id: number, needsApproval = false): RuntimeEvent =>
  event(id, 'tool_call.released', { call_id: 'c1', attempt: 2, needs_approval: needsApproval });

/** More events, as soon as this holds. */
const once =
  (holds: () => unknown, ...events: RuntimeEvent[]) =>
  async () => {
    await eventually(holds);
    return stream(...events);
  };

const wasAnswered = () => expect(answers()).toHaveLength(1);

const executes = (executed: string[]) => ({
  read_file: (_: object, { call }: ToolContext) => executed.push(call.call_id),
});

describe('a call', () => {
  it('is claimed before it is executed, and answered under the name of the claim', async () => {
    const order: string[] = [];
    server.on(CLAIM, () => {
      order.push('claimed');
      return json({ attempt: 1 });
    });
    server.on(OF_RUN, stream(requested(1)), once(wasAnswered, finished(2)));
    await runtime.ask('s1', 'Hi', { tools: { read_file: () => order.push('executed') } });
    expect(order).toEqual(['claimed', 'executed']);
    const [name] = claimants();
    expect(name).toMatch(/^[ -~]{1,100}$/);
    expect(answers()).toMatchObject([{ call_id: 'c1', client_id: name }]);
  });

  it('is claimed under another name by another window', async () => {
    server.on(OF_RUN, silentStream(requested(1)));
    const other = new AgentRuntime({ url: 'http://server.test', fetch: server.fetch });
    for (const [index, window] of [runtime, other].entries()) {
      const leaving = new AbortController();
      const asking = window.ask('s1', 'Hi', { tools: executes([]), signal: leaving.signal });
      await eventually(() => expect(new Set(claimants()).size).toBe(index + 1));
      leaving.abort();
      await expect(asking).rejects.toThrow();
    }
  });

  it.each(['tool_call.claimed', 'tool_call.not_requested', 'tool_call.already_settled'])(
    'is not executed where the claim is refused as %s',
    async (code) => {
      const executed: string[] = [];
      server.on(CLAIM, problem(409, code));
      server.on(
        OF_RUN,
        stream(requested(1)),
        once(() => expect(claimants()).toHaveLength(1), finished(2)),
      );
      const outcome = await runtime.ask('s1', 'Hi', { tools: executes(executed) });
      expect([outcome.status, executed]).toEqual(['completed', []]);
    },
  );

  it('that this client has no tool for is not claimed', async () => {
    server.on(OF_RUN, stream(requested(1, 'c1', 'make_coffee'), finished(2)));
    await runtime.ask('s1', 'Hi', { tools: executes([]) });
    expect(claimants()).toEqual([]);
  });

  it('is executed without a claim by a server that knows none', async () => {
    server.on(CLAIM, problem(404, 'route.not_found'));
    server.on(OF_RUN, stream(requested(1)), once(wasAnswered, finished(2)));
    await runtime.ask('s1', 'Hi', { tools: executes([]) });
    expect(answers()).toEqual([{ type: 'tool_result', call_id: 'c1', result: 1 }]);
  });
});

describe('a call of another client', () => {
  it('is taken over when it is released, and a command only after the approval', async () => {
    const executed: string[] = [];
    server.on(CLAIM, TAKEN, json({ attempt: 2 }));
    server.on(
      OF_RUN,
      stream(requested(1)),
      once(() => expect(claimants()).toHaveLength(1), released(2, true)),
      () => {
        expect(claimants()).toHaveLength(1);
        return stream(released(3));
      },
      once(wasAnswered, finished(4)),
    );
    await runtime.ask('s1', 'Hi', { tools: executes(executed) });
    expect(executed).toEqual(['c1']);
    expect(claimants()).toHaveLength(2);
  });

  it('is taken over also where the release is told before the refusal of the claim comes', async () => {
    const executed: string[] = [];
    let isTold = false;
    server.on(
      CLAIM,
      async () => {
        await eventually(() => expect(isTold).toBe(true));
        return TAKEN.clone();
      },
      json({ attempt: 2 }),
    );
    server.on(OF_RUN, stream(requested(1), released(2)), once(wasAnswered, finished(3)));
    const onEvent = ({ type }: RuntimeEvent) => {
      if (type === 'tool_call.released') setTimeout(() => (isTold = true));
    };
    await runtime.ask('s1', 'Hi', { tools: executes(executed), onEvent });
    expect(executed).toEqual(['c1']);
  });

  it('is taken over where it was requested before this client came, and its approval is given after', async () => {
    const executed: string[] = [];
    const approval = { id: 'a1', run_id: 'r1', kind: 'tool_call', call_id: 'c1' };
    const run = { id: 'r1', waiting_for: [{ kind: 'approval', id: 'a1' }] };
    server.on(CLAIM, json({ attempt: 2 }));
    server.on(SESSION, json({ active_run: run, last_event_id: '3' }));
    const page = { data: [approval], has_more: false, next_cursor: null };
    server.on('GET /v1/sessions/s1/approvals', json(page));
    server.on(
      OF_RUN,
      stream(requested(1), released(2, true), event(3, 'approval.requested', { approval }), released(4)),
      once(wasAnswered, finished(5)),
    );
    await runtime.resume('s1', { tools: executes(executed) });
    expect(executed).toEqual(['c1']);
  });

  it('is executed although the journal has it from before the release, and once', async () => {
    const executed: string[] = [];
    const journal = new Set(['c1']);
    server.on(CLAIM, TAKEN, json({ attempt: 2 }));
    server.on(
      OF_RUN,
      stream(requested(1)),
      once(() => expect(claimants()).toHaveLength(1), released(2)),
      once(wasAnswered, finished(3)),
    );
    await runtime.ask('s1', 'Hi', { tools: executes(executed), journal });
    expect(executed).toEqual(['c1']);
    expect([...journal]).toEqual(['c1', 'c1:2']);
  });
});

describe('a claim', () => {
  const lasts = () => {
    const ended: AbortSignal[] = [];
    const read_file = (_: object, { signal }: ToolContext) =>
      new Promise<string>((resolve) => {
        ended.push(signal);
        signal.addEventListener('abort', () => resolve('too late'));
      });
    return { ended, tools: { read_file } };
  };

  it('is renewed every 20 seconds, also where a renewal fails, and not after the answer', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let finish: (value: string) => void = () => undefined;
    const read_file = () => new Promise<string>((resolve) => (finish = resolve));
    server.on(CLAIM, json({ attempt: 1 }), problem(503, 'database.unavailable'), json({ attempt: 1 }));
    server.on(OF_RUN, stream(requested(1)), once(wasAnswered, finished(2)));
    const asking = runtime.ask('s1', 'Hi', { tools: { read_file } });
    for (const times of [1, 2, 3]) {
      await eventually(() => expect(claimants()).toHaveLength(times));
      await vi.advanceTimersByTimeAsync(times < 3 ? 20_000 : 19_000);
    }
    expect(new Set(claimants()).size).toBe(1);
    finish('done');
    await asking;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(claimants()).toHaveLength(3);
    expect(answers()).toHaveLength(1);
  });

  it('that another client has got by now ends the tool, whose answer is dropped', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { ended, tools } = lasts();
    server.on(CLAIM, json({ attempt: 1 }), TAKEN);
    server.on(
      OF_RUN,
      stream(requested(1)),
      once(() => expect(ended[0]?.aborted).toBe(true), finished(2)),
    );
    const asking = runtime.ask('s1', 'Hi', { tools });
    await eventually(() => expect(ended).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(20_000);
    await asking;
    expect(answers()).toEqual([]);
  });

  it('that another client gets while the answer is on its way ends the sending, and nothing else', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    server.on(CLAIM, json({ attempt: 1 }), TAKEN);
    server.on(
      MESSAGES,
      json({ run: { id: 'r1' }, last_event_id: '0' }, 202),
      problem(503, 'database.unavailable'),
    );
    server.on(
      OF_RUN,
      stream(requested(1)),
      once(() => expect(claimants()).toHaveLength(2), finished(2)),
    );
    const asking = runtime.ask('s1', 'Hi', { tools: executes([]) });
    await eventually(() => expect(answers().length).toBeGreaterThan(0));
    await vi.advanceTimersByTimeAsync(20_000);
    await expect(asking).resolves.toMatchObject({ status: 'completed' });
  });

  it('that is gone while a human is asked lets the tool end: its answer is still taken', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let finish: (value: string) => void = () => undefined;
    const read_file = () => new Promise<string>((resolve) => (finish = resolve));
    server.on(CLAIM, json({ attempt: 1 }), problem(409, 'tool_call.not_requested'));
    server.on(OF_RUN, stream(requested(1)), once(wasAnswered, finished(2)));
    const asking = runtime.ask('s1', 'Hi', { tools: { read_file } });
    await eventually(() => expect(claimants()).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(20_000);
    await eventually(() => expect(claimants()).toHaveLength(2));
    finish('done');
    await asking;
    expect(answers()).toMatchObject([{ result: 'done' }]);
  });
});
