import { Logger } from '@nestjs/common';
import { Subject, exhaustMap, interval, takeUntil } from 'rxjs';
import { atMost } from './at-most.js';

/** Leases are renewed so often within their time: two renewals may fail. */
const RENEWALS = 3;

/** A lease that was prolonged. */
export interface Renewed {
  readonly token: string;
  /** Somebody wants the work to end; the notice of that may have been missed. */
  readonly cancelRequested: boolean;
}

interface Piece<About> {
  readonly about: About;
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
}

/** What a process carries out, each piece under a lease of its own; and only as long as that is renewed. */
export class LeasedWork<About> {
  /** By the token of the lease. */
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

  /** Carries a piece out. @param work is told to stop by the signal; what it throws is the caller's to heed */
  run<T>(token: string, about: About, stop: AbortController, work: () => Promise<T>): Promise<T> {
    // Entered before it begins, so that nothing can come to its end unseen.
    const done = Promise.resolve()
      .then(work)
      .finally(() => this.pieces.delete(token));
    this.pieces.set(token, { about, stop, done });
    return done;
  }

  /** Prolongs all leases at once, again and again until the end. @param renew answers with those that are not lost */
  keep(leaseSeconds: number, renew: (tokens: readonly string[]) => Promise<readonly Renewed[]>): void {
    interval((leaseSeconds * 1000) / RENEWALS)
      .pipe(
        exhaustMap(() => this.renew(renew)),
        takeUntil(this.over$),
      )
      .subscribe();
  }

  /** Stops what is about this. @returns the tokens of it */
  stop(reason: Error, isAbout: (about: About) => boolean): string[] {
    const stopped = [...this.pieces].filter(([, { about }]) => isAbout(about));
    for (const [, { stop }] of stopped) stop.abort(reason);
    return stopped.map(([token]) => token);
  }

  /** Waits for everything as long as is allowed. */
  async settle(limitMs: number, hurry: AbortSignal): Promise<void> {
    await atMost(limitMs, this.allDone(), hurry);
  }

  async allDone(): Promise<void> {
    while (this.pieces.size > 0) {
      await Promise.allSettled([...this.pieces.values()].map(({ done }) => done));
    }
  }

  /** Everything is done: no lease is to be prolonged any more. */
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
