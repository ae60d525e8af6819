import { Logger } from '@nestjs/common';

const QUIET_MS = 10_000;

/** Logs a repeated warning at most every 10 s, with the number suppressed. */
export class ThrottledWarning {
  private quietUntil = 0;
  private suppressed = 0;

  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  warn(error: unknown, message: string): void {
    const now = performance.now();
    if (now < this.quietUntil) {
      this.suppressed++;
      return;
    }
    this.logger.warn({ err: error, suppressed: this.suppressed }, message);
    this.quietUntil = now + QUIET_MS;
    this.suppressed = 0;
  }
}
