import { Pool, type PoolClient } from 'pg';

type Connected = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: (broken?: Error | boolean) => void,
) => void;

/**
 * A pool for graphile-worker, which releases a connection twice if it breaks while the worker stops. The second release
 * would be an unhandled rejection, which ends the process; this pool ignores it.
 */
export class QueuePool extends Pool {
  override connect(): Promise<PoolClient>;
  override connect(connected: Connected): void;
  override connect(connected?: Connected): Promise<PoolClient> | void {
    if (!connected) return super.connect();
    super.connect((error, client, release) => {
      let isBack = false;
      connected(error, client, (broken) => {
        if (isBack) return;
        isBack = true;
        release(broken);
      });
    });
  }
}
