import { Logger } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { filter, interval } from 'rxjs';
import { Shutdown } from '../../application/shutdown.js';
import { sweep } from '../../application/sweep.js';
import { Clock } from '../../domain/clock.js';
import { Database } from './database.js';

/** A number: how a timestamp is written depends on the settings of the database. */
const READ = 'select extract(epoch from clock_timestamp())::float8 * 1000 as ms';
/** The first measurement may open a connection, which takes long; the next ones narrow its result down. */
const MEASUREMENTS_AT_START = 3;
const MEASURE_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
/** The wall clock is slewed by less than this between two measurements; a larger change is a step or a suspension. */
const STEP_MS = 1_000;
/** A process whose clock is off by more than this is logged. */
const TOLERANCE_SECONDS = 5;

/**
 * The database's clock, continued between two readings by the monotonic clock of the process.
 *
 * Not by its wall clock, which an operator or NTP sets: a step forward would make deadlines of other processes pass at
 * once. The monotonic clock never jumps, but on Linux it stands still while the machine is suspended. The time is then
 * too early until the next measurement, at most a second after the machine wakes: a deadline passes late, never early.
 * A suspension and a step look the same, as a change of the distance between both clocks, so either one leads to a
 * measurement, as do a new connection to a server and ten seconds without one.
 */
export class DatabaseClock extends Clock {
  private readonly logger = new Logger(Clock.name);
  /** The database's time at which `performance.now()` was 0, in milliseconds. */
  private origin: number | undefined;
  /** The same of this process's wall clock, at the last measurement. */
  private wallOrigin = 0;
  /** By `performance.now()`. */
  private nextMeasurementAt = 0;
  private isConnectionNew = false;
  private isUnreadable = false;
  /** The offset that was logged last; 0 if the clocks agreed. */
  private loggedSeconds = 0;

  private constructor(
    private readonly database: Pick<Database, 'query'>,
    private readonly shutdown: Pick<Shutdown, 'begun$'>,
    private readonly gauge: Pick<Gauge, 'set'>,
  ) {
    super();
  }

  /** Reads the database's clock, so that `now` is right from the start. @throws DatabaseUnavailable */
  static async open(
    database: Pick<Database, 'query'>,
    shutdown: Pick<Shutdown, 'begun$'>,
    gauge: Pick<Gauge, 'set'>,
  ): Promise<DatabaseClock> {
    const clock = new DatabaseClock(database, shutdown, gauge);
    for (let time = 0; time < MEASUREMENTS_AT_START; time++) await clock.measure();
    return clock;
  }

  now(): Date {
    return new Date(performance.now() + this.origin!);
  }

  /**
   * Measures again regularly, until the shutdown. Logs when the clock of this process is off, and the beginning and the
   * end of the time in which that of the database cannot be read.
   */
  watch(): void {
    this.report();
    const ticks$ = interval(LOOK_EVERY_MS).pipe(filter(() => this.isMeasurementDue()));
    sweep(ticks$, this.shutdown.begun$, this.logger, 'the clocks cannot be compared', async () => {
      await this.measure().then(this.noteReadable, this.noteUnreadable);
      this.report();
    });
  }

  /** Called for a new connection: it may lead to another server, with another clock. */
  measureSoon(): void {
    this.isConnectionNew = true;
  }

  /**
   * The database reads its clock between the question and the answer, so the true origin lies between two bounds. The
   * known origin is moved into them and no further: a slow answer has wide bounds, and does not spoil what a quick one
   * has told. A failed measurement leaves it as it was.
   */
  private async measure(): Promise<void> {
    // Before the question: what happens while it waits for its answer leads to another measurement.
    const wallOrigin = readWallOrigin();
    this.isConnectionNew = false;
    const askedAt = performance.now();
    const [row] = await this.database.query<{ ms: number }>(READ);
    const answeredAt = performance.now();
    const [earliest, latest] = [row!.ms - answeredAt, row!.ms - askedAt];
    const known = this.origin ?? (earliest + latest) / 2;
    this.origin = Math.min(Math.max(known, earliest), latest);
    this.wallOrigin = wallOrigin;
    this.nextMeasurementAt = answeredAt + MEASURE_EVERY_MS;
    this.gauge.set(this.offsetSeconds());
  }

  private readonly noteReadable = (): void => {
    if (this.isUnreadable) this.logger.log('the clock of the database can be read again');
    this.isUnreadable = false;
  };

  private readonly noteUnreadable = (error: unknown): void => {
    if (!this.isUnreadable) {
      this.logger.warn({ err: error }, 'the clock of the database cannot be read; the time is counted on');
    }
    this.isUnreadable = true;
  };

  private isMeasurementDue(): boolean {
    const hasStepped = Math.abs(readWallOrigin() - this.wallOrigin) > STEP_MS;
    return hasStepped || this.isConnectionNew || performance.now() >= this.nextMeasurementAt;
  }

  /** How far the wall clock of this process is ahead. */
  private offsetSeconds(): number {
    return (readWallOrigin() - this.origin!) / 1000;
  }

  private report(): void {
    const seconds = this.offsetSeconds();
    if (Math.abs(seconds - this.loggedSeconds) <= TOLERANCE_SECONDS) return;
    const isOff = Math.abs(seconds) > TOLERANCE_SECONDS;
    this.loggedSeconds = isOff ? seconds : 0;
    const fields = { offset_seconds: Math.round(seconds * 10) / 10 };
    if (isOff) this.logger.warn(fields, 'the clock of this process is off; the time is that of the database');
    else this.logger.log(fields, 'the clock of this process agrees with that of the database again');
  }
}

const readWallOrigin = (): number => Date.now() - performance.now();
