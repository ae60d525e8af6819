import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import type { OpenAPIObject } from '@nestjs/swagger';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';
import { HostileRequest, Operation, operationsOf, requestsTo } from './support/hostile-requests.js';
import { Scene, openScenes } from './support/hostile-scenes.js';
import { HOSTILE_RUNS, HOSTILE_SEED } from './support/hostile-size.js';
import { exchange } from './support/raw-client.js';

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as OpenAPIObject;
const operations = operationsOf(document);

/** Until an answer, or the head of a stream, is there. Everything that is asked here is short. */
const LIMIT_MS = 10_000;

describe(`hostile requests (HOSTILE_SEED=${HOSTILE_SEED})`, () => {
  let app: TestApp;
  let scenes: Scene[];
  /** Sessions that were opened for the scenes, and answers that tell of a new one. */
  let prepared = 0;
  let created = 0;
  const rejections: unknown[] = [];
  const note = (reason: unknown) => rejections.push(reason);
  const prototype = Reflect.ownKeys(Object.prototype);

  beforeAll(async () => {
    process.on('unhandledRejection', note);
    app = await TestApp.start();
    await setScenes();
  });
  afterAll(async () => {
    process.off('unhandledRejection', note);
    await app.stop();
  });

  const setScenes = async () => {
    scenes = await openScenes(app);
    prepared += scenes.length;
  };

  const check = async (operation: Operation, request: HostileRequest) => {
    const answer = await exchange(app.client.url, request.bytes(), LIMIT_MS);
    if (!answer) throw new Error('the connection was closed without an answer');
    const { status, headers, body } = answer;
    if (status === 201) created++;
    if (status >= 200 && status < 300) return;
    if (status === 304 && operation.path === '/v1/plans/{plan_id}') return;
    expect([status < 500, headers.get('content-type')], `${status} ${body.slice(0, 500)}`).toEqual([
      true,
      'application/problem+json; charset=utf-8',
    ]);
    expect(JSON.parse(body)).toMatchObject({
      status,
      code: expect.stringMatching(/^[a-z_]+\.[a-z_]+$/),
      request_id: headers.get('x-request-id'),
    });
    expect(body.length).toBeLessThan(50_000);
  };

  it.each(
    operations.map(
      (operation, index) => [`${operation.method} ${operation.path}`, operation, index] as const,
    ),
  )(
    '%s answers each with a problem or does what it says',
    async (_route, operation, index) => {
      if (operation.method !== 'GET') await setScenes();
      const property = fc.asyncProperty(requestsTo(operation, document, scenes), (request) =>
        check(operation, request),
      );
      await fc.assert(property, {
        seed: HOSTILE_SEED + index,
        numRuns: HOSTILE_RUNS,
        interruptAfterTimeLimit: 20_000 + HOSTILE_RUNS * 100,
        markInterruptAsFailure: false,
      });
      expect((await app.client.get('/health/live')).status).toBe(200);
      expect(Reflect.ownKeys(Object.prototype)).toEqual(prototype);
    },
    30_000 + HOSTILE_RUNS * 200,
  );

  it('leave behind what was accepted, and nothing that came to a bad end', async () => {
    await eventually(async () =>
      expect(await app.database.rows(`select id, status from runs where status = 'running'`)).toEqual([]),
    );
    const count = async (sql: string) =>
      (await app.database.rows<{ n: number }>(`select count(*)::int as n ${sql}`))[0]!.n;
    expect(created).toBeGreaterThan(0);
    // Some of those answers may have been given twice, by an Idempotency-Key.
    expect((await count('from sessions')) - prepared).toBeLessThanOrEqual(created);
    expect(
      await app.database.rows(
        `select error->>'code' as code from runs
          where error->>'code' in ('run.internal_error', 'run.persistence_failed') limit 1`,
      ),
    ).toEqual([]);
    expect(await count(`from sessions where user_id <> 'local' or length(title) > 200`)).toBe(0);
    // PostgreSQL reads every event as JSON, keys and escapes included.
    expect(await count(`from events where jsonb_typeof(data::jsonb) <> 'object'`)).toBe(0);
    expect(rejections).toEqual([]);
  });
});
