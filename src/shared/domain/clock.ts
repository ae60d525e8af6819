/** The time, handed in, so that domain and application code never reads it from the machine. */
export abstract class Clock {
  abstract now(): Date;
}
