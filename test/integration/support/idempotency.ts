import { afterAll, beforeAll, beforeEach } from 'vitest';
import { TestClient } from '../../support/client.js';
import { TestApp } from '../../support/test-app.js';

// A spec about idempotency keys that imports this has an application of its own.

export let app: TestApp;
export let other: TestApp;
/** How many were made. */
export let keys = 0;

export const newKey = () => `key ${++keys} ~!"`;
export const keyed = (client: TestClient, key = newKey()) => client.with({ 'idempotency-key': key });

beforeAll(async () => {
  app = await TestApp.start({ LLM_MAX_RETRIES: '0' });
  other = await TestApp.start({ LLM_MAX_RETRIES: '0' }, { database: app.database, model: app.model });
});
afterAll(async () => {
  await other.stop();
  await app.stop();
});
beforeEach(() => app.model.reset());

export const count = async (table: string, where = 'true'): Promise<number> => {
  const [row] = await app.database.rows<{ n: number }>(
    `select count(*)::integer as n from ${table} where ${where}`,
  );
  return row!.n;
};
export const runsOf = (sessionId: string) => count('runs', `session_id = '${sessionId}'`);
