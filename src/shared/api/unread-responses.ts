import { Injectable, Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

/** Bytes that all clients together may leave unread; beyond that the oldest response is dropped. */
export const UNREAD_LIMITS = { bytes: 256 * 1024 * 1024, graceMs: 30_000 };

/** Added to the grace period, so that a large response gets through a slow line. */
const LEAST_BYTES_PER_MS = 32;

/**
 * Complete responses that their clients have not read: they stay in memory, so they are limited in time and in bytes.
 * (PacedFeeds limits open streams.)
 */
@Injectable()
export class UnreadResponses {
  private readonly logger = new Logger(UnreadResponses.name);
  /** Unsent bytes by response, oldest first. */
  private readonly unread = new Map<Response, number>();
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
      () => this.drop(response),
      UNREAD_LIMITS.graceMs + bytes / LEAST_BYTES_PER_MS,
    ).unref();
    const over = () => {
      clearTimeout(limit);
      if (this.unread.delete(response)) this.bytes -= bytes;
    };
    response.once('finish', over).once('close', over);
    this.unread.set(response, bytes);
    this.bytes += bytes;
    for (const oldest of this.unread.keys()) {
      if (this.bytes <= UNREAD_LIMITS.bytes) break;
      this.drop(oldest);
    }
  }

  private drop(response: Response): void {
    this.logger.warn(
      { unread_bytes: response.writableLength },
      'a response is dropped: the client does not read it',
    );
    const bytes = this.unread.get(response) ?? 0;
    this.unread.delete(response);
    this.bytes -= bytes;
    response.destroy();
  }
}
