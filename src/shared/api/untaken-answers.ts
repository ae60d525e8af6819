import { Injectable, Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

/** What all clients together may leave untaken, in bytes; then whoever has done so for longest is let go. */
export const UNTAKEN_LIMITS = { bytes: 256 * 1024 * 1024, graceMs: 30_000 };

/** Besides the grace, so that a large answer gets through a slow line. */
const LEAST_BYTES_PER_MS = 32;

/**
 * Answers that are whole, of which their clients have not taken everything: they lie in memory. Limited in time and in
 * bytes, since nobody says that a client ever reads. (Streams that go on are those of PacedFeeds.)
 */
@Injectable()
export class UntakenAnswers {
  private readonly logger = new Logger(UntakenAnswers.name);
  /** The oldest first. */
  private readonly untaken = new Map<Response, number>();
  private bytes = 0;

  readonly watch = (_request: Request, response: Response, next: NextFunction): void => {
    response.once('prefinish', () => {
      if (response.writableLength > 0) this.wait(response);
    });
    next();
  };

  private wait(response: Response): void {
    const bytes = response.writableLength;
    const limit = setTimeout(
      () => this.letGo(response),
      UNTAKEN_LIMITS.graceMs + bytes / LEAST_BYTES_PER_MS,
    ).unref();
    const over = () => {
      clearTimeout(limit);
      if (this.untaken.delete(response)) this.bytes -= bytes;
    };
    response.once('finish', over).once('close', over);
    this.untaken.set(response, bytes);
    this.bytes += bytes;
    for (const oldest of this.untaken.keys()) {
      if (this.bytes <= UNTAKEN_LIMITS.bytes) break;
      this.letGo(oldest);
    }
  }

  private letGo(response: Response): void {
    this.logger.warn(
      { untaken_bytes: response.writableLength },
      'a client that does not take its answer is let go',
    );
    const bytes = this.untaken.get(response) ?? 0;
    this.untaken.delete(response);
    this.bytes -= bytes;
    response.destroy();
  }
}
