import { Logger } from '@nestjs/common';
import { Subject, exhaustMap, interval, takeUntil } from 'rxjs';
import { atMost } from './at-most.js';

/** Renewals per lease time: two in a row may fail. */
const RENEWALS = 3;

/** A lease that was renewed. */
export interface Renewed {
  readonly token: string;
  /** A cancellation was requested; its notification may have been missed. */
  readonly cancelRequested: boolean;
}

interface Piece<About> {
  readonly about: About;
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
}

/** The work of a process, each piece under a lease of its own. A piece is stopped when its lease is lost. */
export class LeasedWork<About> {
  /** Pieces by the token of their lease. */
  private readonly pieces = new Map<string, Piece<About>>();
  private readonly over$ = new Subject<void>();

  /** @param reasons why a piece is stopped by the renewal */
  constructor(
    private readonly logger: Logger,
    private readonly reasons: { readonly cancelled: Error; readonly lost: Error },
  ) {}

  get size(): number {
    return this.pieces.size;
  }

  has(token: string): boolean {
    return this.pieces.has(token);
  }

  /** Executes a piece. @param work is stopped by the signal; its errors are left to the caller */
  run<T>(token: string, about: About, stop: AbortController, work: () => Promise<T>): Promise<T> {
    // Added before it starts, so that `settle` and `allDone` see it.
    const done = Promise.resolve()
      .then(work)
      .finally(() => this.pieces.delete(token));
    this.pieces.set(token, { about, stop, done });
    return done;
  }

  /** Renews all leases periodically until `end`. @param renew returns those that were not lost */
  keep(leaseSeconds: number, renew: (tokens: readonly string[]) => Promise<readonly Renewed[]>): void {
    interval((leaseSeconds * 1000) / RENEWALS)
      .pipe(
        exhaustMap(() => this.renew(renew)),
        takeUntil(this.over$),
      )
      .subscribe();
  }

  /** Stops the matching pieces. @returns their tokens */
  stop(reason: Error, isAbout: (about: About) => boolean): string[] {
    const stopped = [...this.pieces].filter(([, { about }]) => isAbout(about));
    for (const [, { stop }] of stopped) stop.abort(reason);
    return stopped.map(([token]) => token);
  }

  /** Waits for all pieces, at most until the limit or until `hurry` is aborted. */
  async settle(limitMs: number, hurry: AbortSignal): Promise<void> {
    await atMost(limitMs, this.allDone(), hurry);
  }

  async allDone(): Promise<void> {
    while (this.pieces.size > 0) {
      await Promise.allSettled([...this.pieces.values()].map(({ done }) => done));
    }
  }

  /** Stops renewing leases. */
  end(): void {
    this.over$.next();
  }

  private async renew(renew: (tokens: readonly string[]) => Promise<readonly Renewed[]>): Promise<void> {
    const tokens = [...this.pieces.keys()];
    if (tokens.length === 0) return;
    try {
      const kept = new Map((await renew(tokens)).map((lease) => [lease.token, lease.cancelRequested]));
      for (const token of tokens) {
        const { stop } = this.pieces.get(token) ?? {};
        if (!kept.has(token)) stop?.abort(this.reasons.lost);
        else if (kept.get(token)) stop?.abort(this.reasons.cancelled);
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'leases could not be renewed; the next turn tries again');
    }
  }
}
