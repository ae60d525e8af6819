import { Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseUnavailable } from '../../application/errors.js';
import { DatabaseClock } from './database-clock.js';

const SECOND = 1_000;
const HOUR = 3_600_000;
const NOON = Date.parse('2026-11-20T12:00:00Z');

describe('the clock of the database', () => {
  /** Three clocks, in milliseconds. */
  let database: number;
  let wall: number;
  let monotonic: number;
  /** How long a question and its answer take. */
  let outMs: number;
  let backMs: number;
  let readings: number;
  let isAway: boolean;
  let duringReading: () => void;
  let offset: number;
  let end$: Subject<true>;
  let log: [level: string, fields: unknown][];

  beforeEach(() => {
    [database, wall, monotonic] = [NOON, NOON, 12_345.678];
    [outMs, backMs] = [0.5, 0.5];
    readings = 0;
    isAway = false;
    duringReading = () => undefined;
    end$ = new Subject();
    log = [];
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    vi.spyOn(performance, 'now').mockImplementation(() => monotonic);
    vi.spyOn(Date, 'now').mockImplementation(() => wall);
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((fields) => void log.push(['warn', fields]));
    vi.spyOn(Logger.prototype, 'log').mockImplementation((fields) => void log.push(['info', fields]));
  });
  afterEach(() => {
    end$.next(true);
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  const move = (ms: number) => {
    database += ms;
    wall += ms;
    monotonic += ms;
  };
  const query = async <Row>(): Promise<Row[]> => {
    if (isAway) throw new DatabaseUnavailable(new Error('connection terminated'));
    readings++;
    move(outMs);
    const ms = database;
    duringReading();
    move(backMs);
    return [{ ms }] as Row[];
  };
  const open = () =>
    DatabaseClock.open(
      { query },
      { begun$: end$ },
      { set: (...given: unknown[]) => (offset = Number(given[0])) },
    );
  const watched = async () => {
    const clock = await open();
    clock.watch();
    return clock;
  };
  /** Lets time pass, second by second. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      move(SECOND);
      await vi.advanceTimersByTimeAsync(SECOND);
    }
  };
  /** How far it is ahead of the truth, in milliseconds. */
  const errorOf = (clock: DatabaseClock) => clock.now().getTime() - database;

  it.each([0, 3 * SECOND, 25 * HOUR, -2 * HOUR])(
    'is right from the start in a process whose clock is off by %i ms',
    async (off) => {
      wall += off;
      const clock = await watched();
      expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
      expect(offset).toBeCloseTo(off / SECOND, 2);
      await pass(100);
      expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
    },
  );

  it('is not moved by a step of the process’s clock, which is measured within a second', async () => {
    const clock = await watched();
    wall += 2 * HOUR;
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
    await pass(1);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
    expect(offset).toBeCloseTo(7200, 2);
  });

  it('is late, not early, after a suspension of the machine, for a second at most', async () => {
    const clock = await watched();
    wall += 8 * HOUR;
    database += 8 * HOUR;
    expect(errorOf(clock)).toBeLessThan(0);
    await pass(1);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
    expect(offset).toBeCloseTo(0, 2);
  });

  it('is measured again when the machine was suspended during a measurement', async () => {
    const clock = await watched();
    duringReading = () => {
      wall += HOUR;
      database += HOUR;
      duringReading = () => undefined;
    };
    await pass(10);
    expect(errorOf(clock)).toBeLessThan(-HOUR + SECOND);
    await pass(1);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
  });

  it('follows a database whose clock runs faster', async () => {
    const clock = await watched();
    for (let minute = 0; minute < 10; minute++) {
      await pass(60);
      database += 6; // 100 ppm
    }
    await pass(10);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(2);
  });

  it('is narrowed down by a quick answer, and not spoiled by a slow one', async () => {
    [outMs, backMs] = [0, 800];
    const clock = await watched();
    expect(errorOf(clock)).toBe(-400);
    [outMs, backMs] = [0, 0.5];
    await pass(10);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
    [outMs, backMs] = [0, 800];
    await pass(10);
    expect(readings).toBe(5);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
  });

  it('goes on while the database is away, and is measured when that is back', async () => {
    const clock = await watched();
    isAway = true;
    await pass(600);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
    isAway = false;
    database += HOUR;
    await pass(1);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
  });

  it('is told once when it cannot be read, and once when it can be again', async () => {
    await watched();
    isAway = true;
    await pass(120);
    expect(log).toEqual([['warn', { err: expect.any(DatabaseUnavailable) }]]);
    isAway = false;
    await pass(20);
    expect(log.slice(1)).toEqual([['info', 'the clock of the database can be read again']]);
  });

  it('prevents a start without a database', async () => {
    isAway = true;
    await expect(open()).rejects.toThrow(DatabaseUnavailable);
  });

  it.each([
    ['within a second after a new connection', 1, true],
    ['within ten seconds without one', 10, false],
  ])('follows another server %s', async (_when, seconds, isReconnected) => {
    const clock = await watched();
    database -= HOUR;
    if (isReconnected) clock.measureSoon();
    await pass(seconds);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
  });

  it('is measured again when a connection is new during a measurement', async () => {
    const clock = await watched();
    duringReading = () => {
      database -= HOUR;
      clock.measureSoon();
      duringReading = () => undefined;
    };
    await pass(10);
    await pass(1);
    expect(Math.abs(errorOf(clock))).toBeLessThanOrEqual(1);
  });

  it('is read once in ten seconds, and no more after the shutdown has begun', async () => {
    await watched();
    await pass(60);
    const before = readings;
    expect(before).toBe(3 + 6);
    end$.next(true);
    await pass(60);
    expect(readings).toBe(before);
  });

  it('logs a process’s clock that is off by more than 5 s, once, and again when that changes', async () => {
    const told = (level: string, seconds: number) => [level, { offset_seconds: seconds }];
    wall += 4.9 * SECOND;
    await watched();
    expect(log).toEqual([]);
    for (const [seconds, expected] of [
      [60, [told('warn', 60)]],
      [62, []],
      [-7200, [told('warn', -7200)]],
      [0, [told('info', 0)]],
      [-6, [told('warn', -6)]],
      [-4.8, []], // around the limit it is not said again and again
      [-5.2, []],
    ] as const) {
      log = [];
      wall = database + seconds * SECOND;
      await pass(30);
      expect(log, `off by ${seconds} s`).toEqual(expected);
    }
  });

  it('logs at once a clock that was off at the start', async () => {
    wall += HOUR;
    await watched();
    expect(log).toEqual([['warn', { offset_seconds: 3600 }]]);
  });
});
