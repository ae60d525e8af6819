import { Logger } from '@nestjs/common';

const QUIET_MS = 10_000;

/** Says now and then what goes wrong all the time; what is not said is counted. */
export class TroubleLog {
  private quietUntil = 0;
  private unsaid = 0;

  constructor(private readonly logger: Logger) {}

  warn(error: unknown, message: string): void {
    const now = performance.now();
    if (now < this.quietUntil) {
      this.unsaid++;
      return;
    }
    this.logger.warn({ err: error, unsaid: this.unsaid }, message);
    this.quietUntil = now + QUIET_MS;
    this.unsaid = 0;
  }
}
