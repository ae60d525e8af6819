import { Pool, type PoolClient } from 'pg';

type Connected = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: (broken?: Error | boolean) => void,
) => void;

/**
 * A pool for graphile-worker, which gives a connection back twice when that breaks while the worker stops. The second
 * time would be a rejection that nobody handles, which ends a process; here it means nothing.
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
