import { Logger } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelError, ModelErrorCode } from '../application/language-model.js';
import { ModelCircuit } from './model-circuit.js';

const OPEN_MS = 1000;
const [CLOSED, HALF_OPEN, OPEN] = [0, 1, 2];

/** A call controlled by the test. */
function controlledCall() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const hand = {
    made: 0,
    begins: () => {},
    ends: resolve,
    fails: reject,
    make: (begins: () => void) => {
      hand.made++;
      hand.begins = begins;
      return promise;
    },
  };
  return hand;
}

const failure = (code: ModelErrorCode) => new ModelError(code, 'The model failed');
const untouched = new AbortController().signal;

describe('the circuit of a model endpoint', () => {
  let gauge: Gauge;
  let circuit: ModelCircuit;

  beforeEach(() => {
    Logger.overrideLogger(false);
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    gauge = new Gauge({ name: 'state', help: 'Its state', registers: [] });
    circuit = new ModelCircuit(gauge, { signs: 10, failures: 5, openMs: OPEN_MS }, 'p');
  });
  afterEach(() => vi.useRealTimers());

  const passes = (signal = untouched) => circuit.pass(() => Promise.resolve('well'), signal);
  const failsBy = (error: Error, signal = untouched) =>
    expect(circuit.pass(() => Promise.reject(error), signal)).rejects.toBe(error);
  const failsTimes = async (times: number, code: ModelErrorCode = 'model.unavailable') => {
    for (let time = 0; time < times; time++) await failsBy(failure(code));
  };
  const isRefused = () => expect(passes()).rejects.toMatchObject({ code: 'model.circuit_open' });
  const state = async () => (await gauge.get()).values.map(({ value }) => value);

  it.each<ModelErrorCode>([
    'model.unavailable',
    'model.connect_timeout',
    'model.first_token_timeout',
    'model.idle_timeout',
    'model.server_error',
    'model.stream_cut',
  ])('opens by %s', async (code) => {
    await failsTimes(4, code);
    expect(await state()).toEqual([CLOSED]);
    await failsTimes(1, code);
    expect(await state()).toEqual([OPEN]);
    await isRefused();
  });

  it.each<ModelErrorCode>([
    'model.unauthorized',
    'model.not_found',
    'model.rate_limited',
    'model.quota_exceeded',
    'model.request_refused',
    'model.context_exceeded',
    'model.content_filtered',
    'model.malformed_answer',
    'model.empty_answer',
    'model.answer_too_long',
  ])('stays closed by %s', async (code) => {
    await failsTimes(30, code);
    expect(await passes()).toBe('well');
  });

  it('stays closed by one call, however often it is tried, and opens by the next one', async () => {
    await passes();
    for (let retry = 0; retry < 20; retry++) {
      const error = failure('model.server_error');
      await expect(circuit.pass(() => Promise.reject(error), untouched, { retry })).rejects.toBe(error);
    }
    expect(await state()).toEqual([CLOSED]);
    await failsTimes(1);
    expect(await state()).toEqual([OPEN]);
  });

  it('opens again by a call that was tried often, when that is the one that tries', async () => {
    await failsTimes(5);
    vi.advanceTimersByTime(OPEN_MS);
    const error = failure('model.server_error');
    await expect(circuit.pass(() => Promise.reject(error), untouched, { retry: 20 })).rejects.toBe(error);
    expect(await state()).toEqual([OPEN]);
  });

  it('stays closed while less than half of the signs are failures', async () => {
    for (let round = 0; round < 10; round++) {
      await passes();
      await passes();
      await failsTimes(1);
    }
    expect(await state()).toEqual([CLOSED]);
  });

  it('opens by answers that begin and break off', async () => {
    for (let round = 0; round < 5; round++) {
      expect(await state()).toEqual([CLOSED]);
      const call = controlledCall();
      const answer = circuit.pass(call.make, untouched).catch((error: unknown) => error);
      call.begins();
      call.fails(failure('model.idle_timeout'));
      await answer;
    }
    await isRefused();
  });

  describe('by first pieces that do not come in time', () => {
    const timesOut = async (meanwhile: () => unknown, itself = false) => {
      const slow = controlledCall();
      const answer = circuit.pass(slow.make, untouched).catch((error: unknown) => error);
      await meanwhile();
      if (itself) slow.begins();
      slow.fails(failure('model.first_token_timeout'));
      await answer;
    };

    const begins = () =>
      circuit.pass((nowBegins) => {
        nowBegins();
        return Promise.resolve('well');
      }, untouched);

    it.each([
      ['opens while no other answer begins', () => undefined, false, OPEN],
      ['stays closed while other answers begin', begins, false, CLOSED],
      ['opens also where the server only says that it has begun', () => undefined, true, OPEN],
      ['opens while all others fail, too', () => failsTimes(1, 'model.rate_limited'), false, OPEN],
    ])('%s', async (_, meanwhile, itself, expected) => {
      await begins(); // before the calls: shows nothing
      for (let time = 0; time < 5; time++) await timesOut(meanwhile, itself);
      expect(await state()).toEqual([expected]);
    });

    it('opens by other failures whatever begins meanwhile', async () => {
      for (let time = 0; time < 5; time++) {
        const slow = controlledCall();
        const answer = circuit.pass(slow.make, untouched).catch((error: unknown) => error);
        await begins();
        slow.fails(failure('model.connect_timeout'));
        await answer;
      }
      expect(await state()).toEqual([OPEN]);
    });
  });

  it('says how long to wait, and what failed', async () => {
    await failsTimes(5);
    vi.advanceTimersByTime(400);
    const refusal = (await passes().catch((error: unknown) => error)) as ModelError;
    expect(refusal).toMatchObject({ retryable: true });
    expect(refusal.message).toBe(
      'The model failed; after several failures its endpoint is left alone for a moment',
    );
    expect(refusal.facts.retryAfterMs).toBeGreaterThanOrEqual(600);
    vi.advanceTimersByTime(refusal.facts.retryAfterMs!);
    expect(await passes()).toBe('well');
    expect(await state()).toEqual([CLOSED]);
  });

  it.each([
    ['forward', 7_200_000],
    ['back', -7_200_000],
  ])('stays open for its time when the clock of the machine is set %s', async (_way, ms) => {
    await failsTimes(5);
    vi.setSystemTime(Date.now() + ms);
    vi.advanceTimersByTime(OPEN_MS - 1);
    await isRefused();
    vi.advanceTimersByTime(1);
    expect(await passes()).toBe('well');
  });

  it('half open lets one call try, and the others go as soon as it begins to be answered', async () => {
    await failsTimes(5);
    vi.advanceTimersByTime(OPEN_MS);
    const [probe, second] = [controlledCall(), controlledCall()];
    const [first, other] = [circuit.pass(probe.make, untouched), circuit.pass(second.make, untouched)];
    expect(await state()).toEqual([HALF_OPEN]);
    expect([probe.made, second.made]).toEqual([1, 0]);
    probe.begins();
    await vi.waitFor(() => expect(second.made).toBe(1));
    expect(await state()).toEqual([CLOSED]);
    second.ends('second');
    expect(await other).toBe('second');
    probe.ends('first');
    expect(await first).toBe('first');
  });

  it('half open refuses at once a call that has a fallback, and lets it try where no other does', async () => {
    await failsTimes(5);
    vi.advanceTimersByTime(OPEN_MS);
    const [probe, elsewhere, waiting] = [controlledCall(), controlledCall(), controlledCall()];
    const withFallback = (call: typeof probe, hasFallback: boolean) =>
      circuit.pass(call.make, untouched, { hasFallback: () => hasFallback });
    const first = withFallback(probe, true);
    await expect(withFallback(elsewhere, true)).rejects.toMatchObject({ code: 'model.circuit_open' });
    const other = withFallback(waiting, false);
    expect([probe.made, elsewhere.made, waiting.made]).toEqual([1, 0, 0]);
    probe.ends('first');
    waiting.ends('other');
    expect(await Promise.all([first, other])).toEqual(['first', 'other']);
  });

  it('opens again when the try fails, and refuses those that waited for it', async () => {
    await failsTimes(5);
    vi.advanceTimersByTime(OPEN_MS);
    const probe = controlledCall();
    const first = circuit.pass(probe.make, untouched);
    const others = [isRefused(), isRefused()];
    probe.fails(failure('model.connect_timeout'));
    await expect(first).rejects.toMatchObject({ code: 'model.connect_timeout' });
    await Promise.all(others);
    expect(await state()).toEqual([OPEN]);
  });

  it('closes by a try that is refused for what it asks: the endpoint is there', async () => {
    await failsTimes(5);
    vi.advanceTimersByTime(OPEN_MS);
    await failsTimes(1, 'model.rate_limited');
    expect(await state()).toEqual([CLOSED]);
  });

  it('stays closed by calls that we end', async () => {
    for (let time = 0; time < 30; time++) {
      const stop = new AbortController();
      const call = controlledCall();
      const answer = circuit.pass(call.make, stop.signal);
      stop.abort(new Error('cancelled'));
      call.fails(failure('model.stream_cut'));
      await expect(answer).rejects.toThrow();
    }
    expect(await passes()).toBe('well');
  });

  it('learns nothing from a try that we end: the next call tries at once', async () => {
    await failsTimes(5);
    vi.advanceTimersByTime(OPEN_MS);
    const stop = new AbortController();
    const [probe, second, third] = [controlledCall(), controlledCall(), controlledCall()];
    const first = circuit.pass(probe.make, stop.signal);
    const others = [second, third].map(({ make }) => circuit.pass(make, untouched));
    stop.abort(new Error('cancelled'));
    probe.fails(stop.signal.reason);
    await expect(first).rejects.toThrow('cancelled');
    await vi.waitFor(() => expect([second.made, third.made]).toEqual([1, 0]));
    expect(await state()).toEqual([HALF_OPEN]);
    second.ends('second');
    third.ends('third');
    expect(await Promise.all(others)).toEqual(['second', 'third']);
  });

  it('lets those that we end leave at once, also while they wait for the try of another', async () => {
    await failsTimes(5);
    vi.advanceTimersByTime(OPEN_MS);
    const stop = new AbortController();
    const [probe, waiting, late] = [controlledCall(), controlledCall(), controlledCall()];
    const first = circuit.pass(probe.make, untouched);
    const other = circuit.pass(waiting.make, stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(other).rejects.toThrow('cancelled');
    await expect(circuit.pass(late.make, stop.signal)).rejects.toThrow('cancelled');
    probe.ends('first');
    expect(await first).toBe('first');
    expect(await passes()).toBe('well');
    expect([waiting.made, late.made]).toEqual([0, 0]);
  });

  it('does not count failures of calls from before it opened', async () => {
    const calls = Array.from({ length: 20 }, controlledCall);
    const answers = calls.map(({ make }) => circuit.pass(make, untouched).catch(() => undefined));
    await failsTimes(5);
    vi.advanceTimersByTime(OPEN_MS);
    await passes();
    for (const call of calls) call.fails(failure('model.connect_timeout'));
    await Promise.all(answers);
    expect(await passes()).toBe('well');
  });
});
