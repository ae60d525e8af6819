import { Logger } from '@nestjs/common';
import { EMPTY, Observable, Subscription, catchError, defer, exhaustMap, takeUntil } from 'rxjs';

/**
 * Runs work at each tick until the shutdown. Runs never overlap: a tick during a run is dropped. A failed run is
 * logged, and the next tick tries again.
 */
export function sweep(
  ticks$: Observable<unknown>,
  end$: Observable<unknown>,
  logger: Logger,
  failure: string,
  work: () => Promise<unknown>,
): Subscription {
  return ticks$
    .pipe(
      exhaustMap(() =>
        defer(work).pipe(
          catchError((error: unknown) => {
            logger.warn({ err: error }, `${failure}; the next sweep tries again`);
            return EMPTY;
          }),
        ),
      ),
      takeUntil(end$),
    )
    .subscribe();
}

/**
 * Runs work for each item in turn. A failed item is logged and does not stop the others: the next sweep finds it
 * again.
 */
export async function forEachItem<T extends string | { readonly id: string }>(
  items: readonly T[],
  logger: Logger,
  failure: string,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      logger.error({ err: error, id: typeof item === 'string' ? item : item.id }, failure);
    }
  }
}
