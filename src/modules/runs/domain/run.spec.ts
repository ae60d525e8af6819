import { describe, expect, it } from 'vitest';
import { LEASE, NOW, queuedRun, runningRun } from '../../../../test/support/active-run.js';
import { LeaseLost } from '../../../shared/domain/lease.js';
import { NO_USAGE } from '../../../shared/domain/token-usage.js';
import { RunTransitionNotAllowed } from './run.errors.js';
import { AnsweringAgent } from './answering.js';
import { errorView } from './run-failure.js';
import { Run } from './run.js';

const EARLIER = new Date('2026-11-20T09:00:00Z');
const LATER = new Date('2026-11-20T10:00:05Z');
const EXPLAINED = { agent: 'explain', confidence: 'high', reason: 'a question' } as const;

const [ARCHITECT, ASK, DEBUG] = ['architect', 'ask', 'debug'].map((id) => ({ id, model: null })) as [
  AnsweringAgent,
  AnsweringAgent,
  AnsweringAgent,
];

const start = (directed = true) => runningRun(directed ? 'receive_directed_message' : 'receive_message');

const events = (run: Run) => run.pullEvents().map(({ type, data }) => [type, data] as const);
const types = (run: Run) => run.pullEvents().map((event) => event.type);

describe('a run', () => {
  it('begins running, classified first unless the agent is known', () => {
    expect(start(true).snapshot()).toMatchObject({ status: 'running', phase: 'execution' });
    const run = start(false);
    expect(run.snapshot()).toMatchObject({ status: 'running', phase: 'classify' });
    expect(events(run)).toEqual([
      ['run.started', { agent: 'coder', trigger: 'user_message' }],
      ['run.phase_changed', { from: 'idle', to: 'classify', event: 'receive_message' }],
    ]);
  });

  it('goes to the architect when its task is not atomic', () => {
    const run = start(false);
    run.classify({ isAtomic: false, agent: 'plan', confidence: 'high', reason: 'big' }, ARCHITECT);
    expect(run.snapshot()).toMatchObject({ phase: 'architect_planning', agent: 'architect', switches: 1 });
  });

  it('waits, tells what is left, and goes on', () => {
    const run = start();
    run.pullEvents();
    const [a, b] = [
      { kind: 'tool_result' as const, id: 'a' },
      { kind: 'tool_result' as const, id: 'b' },
    ];
    run.wait([a, b]);
    run.updateWaiting([b]);
    run.resume('tool_result', LEASE);
    expect(events(run)).toEqual([
      ['run.waiting', { for: [a, b] }],
      ['run.waiting', { for: [b] }],
      ['run.resumed', { by: 'tool_result' }],
    ]);
    expect(run.snapshot()).toMatchObject({ status: 'running', waitingFor: [] });
  });

  it('goes on with another model once its own has failed, also for other agents that bring it', () => {
    const run = start();
    run.workAs({ id: 'coder', version: 1, model: 'a' });
    run.pullEvents();
    run.switchModel({ from: 'a', to: 'b' }, 'model.server_error');
    expect(events(run)).toEqual([['model.switched', { from: 'a', to: 'b', reason: 'model.server_error' }]]);
    run.switchModel({ from: 'b', to: 'c' }, 'model.unavailable');
    const modelOf = (model: string | null) => {
      run.switchTo({ id: 'debug', version: 1, model });
      return run.snapshot().model;
    };
    expect(['a', 'b', 'c', 'other', null, 'a'].map(modelOf)).toEqual(['c', 'c', 'c', 'other', null, 'c']);
  });

  it('took no time where the clock of the database was set back', () => {
    const run = start();
    run.complete(EARLIER);
    expect(run.pullEvents().at(-1)).toMatchObject({ type: 'run.finished', data: { duration_ms: 0 } });
  });

  it('ends with exactly one run.finished, the last of its events, by any ending', () => {
    const endings: [string, (run: Run) => void][] = [
      ['completed', (run) => run.complete(LATER)],
      ['failed', (run) => run.fail({ code: 'model.unavailable', message: 'gone' }, LATER)],
      ['interrupted', (run) => run.interrupt(LATER)],
      ['model_call_limit', (run) => run.exhaustModelCalls(50, LATER)],
    ];
    for (const [status, end] of endings) {
      const run = start();
      end(run);
      expect(run.snapshot()).toMatchObject({ status, phase: 'completed', finishedAt: LATER });
      const told = run.pullEvents();
      expect(told.filter((event) => event.type === 'run.finished')).toHaveLength(1);
      expect(told.at(-1)).toMatchObject({ type: 'run.finished', data: { status, duration_ms: 5000 } });
      for (const [, again] of endings) expect(() => again(run)).toThrow(RunTransitionNotAllowed);
      expect(types(run)).toEqual([]);
    }
  });

  it('tells of calls that are lost while it is closed', () => {
    const run = start();
    run.interrupt(LATER);
    run.loseModelCalls(1);
    expect(run.pullEvents().at(-1)).toMatchObject({ type: 'run.finished', data: { unknown_calls: 1 } });
  });

  it('tells clients all of its error, in their spelling', () => {
    const run = start();
    const retryAt = '2026-11-20T12:00:00.000Z';
    run.fail({ code: 'model.rate_limited', message: 'later', retryAt, providerCode: 'daily_limit' }, LATER);
    const error = {
      code: 'model.rate_limited',
      message: 'later',
      retry_at: retryAt,
      provider_code: 'daily_limit',
    };
    expect(run.pullEvents().at(-1)).toMatchObject({ data: { error } });
    expect(errorView(run.snapshot().error!)).toEqual(error);
  });

  it('can fail while it waits and while it is classified', () => {
    const waiting = start();
    waiting.wait([]);
    waiting.fail({ code: 'x', message: 'y' }, LATER);
    expect(waiting.snapshot().status).toBe('failed');
    const classifying = start(false);
    classifying.fail({ code: 'x', message: 'y' }, LATER);
    expect(classifying.snapshot()).toMatchObject({ status: 'failed', phase: 'completed' });
  });

  it('tolerates three consecutive replies with invalid tool calls', () => {
    const run = start();
    const notes = Array.from({ length: 3 }, () => run.countReply('invalid'));
    notes.push(run.countReply('valid'));
    notes.push(...Array.from({ length: 3 }, () => run.countReply('invalid')));
    expect(notes).toEqual(notes.map(() => true));
    expect(run.countReply('invalid')).toBe(false);
  });

  it('adds up the usage of its model calls, also without figures of a provider', () => {
    const run = start();
    run.countModelCall();
    run.addUsage({ ...NO_USAGE, promptTokens: 10, completionTokens: 2, costMicros: 5 });
    run.countModelCall();
    run.addUsage(null);
    expect(run.snapshot().usage).toEqual({
      ...NO_USAGE,
      ...{ modelCalls: 2, promptTokens: 10, completionTokens: 2, costMicros: 5 },
    });
    expect(run.mayCallModel(2)).toBe(false);
    expect(run.mayCallModel(3)).toBe(true);
  });

  describe('the model of', () => {
    const [CODER, DEBUG_BY_OWN] = [
      { id: 'coder', version: 1, model: 'usual' },
      { id: 'debug', version: 3, model: 'own' },
    ];
    const begin = (message: string | null, session: string | null) => {
      const run = queuedRun({ model: message, reasoningEffort: null });
      const choice = { model: session, reasoningEffort: 'high' };
      run.activate({ agent: CODER, choice, entry: 'receive_directed_message', lease: LEASE, now: NOW });
      return run;
    };

    it.each([
      ['the message', 'asked', 'kept', 'asked', 'asked'],
      ['the session', null, 'kept', 'kept', 'kept'],
      ['the agent', null, null, 'usual', 'own'],
    ])(
      '%s holds, and another agent brings its own only where the user chose none',
      (_, message, session, ...expected) => {
        const run = begin(message, session);
        expect(run.snapshot()).toMatchObject({ model: expected[0], reasoningEffort: 'high' });
        run.switchTo(DEBUG_BY_OWN);
        expect(run.snapshot().model).toBe(expected[1]);
        run.recover({ owner: 'q', token: 'u' });
        expect(run.snapshot().model).toBe(expected[1]);
      },
    );
  });

  it('is exhausted when the fourth process is lost at the same step', () => {
    const run = start();
    for (let lost = 1; lost <= 4; lost++) {
      expect(run.isExhausted).toBe(false);
      run.recover({ owner: 'q', token: `t${lost}` });
    }
    expect(run.isExhausted).toBe(true);
    expect(run.snapshot()).toMatchObject({ attempt: 5, recoveries: 4, leaseOwner: 'q', leaseToken: 't4' });
  });

  it.each<[string, (run: Run) => void]>([
    ['is classified', (run) => run.classify({ ...EXPLAINED, isAtomic: true }, ASK)],
    ['has a reply', (run) => run.countReply('valid')],
    ['has a reply that is at odds with the tools', (run) => run.countReply('invalid')],
    ['begins a subtask', (run) => run.workAs(DEBUG)],
    [
      'goes on after a wait',
      (run) => {
        run.wait([]);
        run.resume('tool_result', LEASE);
      },
    ],
  ])('counts from zero again once it %s', (what, advance) => {
    const run = start(what !== 'is classified');
    run.recover({ owner: 'q', token: 'u' });
    expect(run.snapshot().recoveries).toBe(1);
    advance(run);
    expect(run.snapshot()).toMatchObject({ recoveries: 0, attempt: 2 });
  });

  it('does not count a process that released its lease', () => {
    const run = Run.restore({ ...start().snapshot(), leaseOwner: null, leaseToken: null });
    run.recover({ owner: 'q', token: 'u' });
    expect(run.snapshot()).toMatchObject({ attempt: 2, recoveries: 0, leaseToken: 'u' });
  });

  it('is written only under the current lease', () => {
    const run = start();
    expect(() => run.requireLease('t')).not.toThrow();
    expect(() => run.requireLease('theirs')).toThrow(LeaseLost);
    run.recover({ owner: 'q', token: 'u' });
    expect(() => run.requireLease('t')).toThrow(LeaseLost);
    run.wait([]);
    expect(() => run.requireLease('u')).toThrow(LeaseLost);
    run.resume('tool_result', LEASE);
    run.complete(LATER);
    expect(() => run.requireLease('t')).toThrow(LeaseLost);
  });
});
