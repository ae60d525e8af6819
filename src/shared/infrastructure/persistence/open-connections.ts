import { Logger } from '@nestjs/common';
import { Subject, asyncScheduler, groupBy, mergeMap, throttleTime } from 'rxjs';

/** Limit for a database that stays read-only: every write that it refuses asks for new connections. */
const REPLACE_EVERY_MS = 1_000;

export interface OpenConnection {
  /** Host, port and database. */
  readonly address: string;
  /** Ends the connection and reports the reason to its pool or owner, which opens another one when it needs it. */
  replace(reason: Error): void;
}

interface Refusal {
  readonly address: string;
  /** By `performance.now()`. */
  readonly at: number;
}

/**
 * The open connections of this process, in pools or not. Those to one address lead to the same server until another one
 * takes over: then they still lead to the old one, although some of them only read or listen and notice nothing.
 */
export class OpenConnections {
  private readonly logger = new Logger(OpenConnections.name);
  /** With the time of their opening, by `performance.now()`. */
  private readonly openedAt = new Map<OpenConnection, number>();
  private readonly refusals$ = new Subject<Refusal>();

  constructor() {
    this.refusals$
      .pipe(
        groupBy(({ address }) => address),
        mergeMap((ofAddress$) =>
          // The trailing one: connections opened since the last replacement may lead to the old server, too.
          ofAddress$.pipe(throttleTime(REPLACE_EVERY_MS, asyncScheduler, { leading: true, trailing: true })),
        ),
      )
      .subscribe((refusal) => this.replace(refusal));
  }

  add(connection: OpenConnection): void {
    this.openedAt.set(connection, performance.now());
  }

  delete(connection: OpenConnection): void {
    this.openedAt.delete(connection);
  }

  /** After a read-only server has refused a write. At most once a second for an address, the last time included. */
  replaceAllTo(address: string): void {
    this.refusals$.next({ address, at: performance.now() });
  }

  private replace({ address, at }: Refusal): void {
    const suspects = [...this.openedAt].filter(
      ([connection, openedAt]) => connection.address === address && openedAt < at,
    );
    if (suspects.length === 0) return;
    this.logger.warn(
      { connections: suspects.length },
      'the database has become read-only; the connections to it are replaced',
    );
    for (const [connection] of suspects) connection.replace(new Error('the server has become read-only'));
  }
}

export const openConnections = new OpenConnections();
