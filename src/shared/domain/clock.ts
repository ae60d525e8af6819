/** The time. It is injected: domain and application code never reads the system clock. */
export abstract class Clock {
  abstract now(): Date;
}
