import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPROVAL_MODES } from '../../src/shared/domain/approval-mode.js';
import type { TestClient } from '../support/client.js';
import {
  NOT_ATOMIC,
  askedIn,
  callDecision,
  finish,
  planIdIn,
  propose,
  toolResult,
  writes,
} from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';
import { png } from '../support/images.js';

interface Operation {
  parameters?: { in: string; name: string }[];
  requestBody?: object;
}

/** Every route there is, by the description of the API: a new one is tried as well, without being named here. */
const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};
const ROUTES = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

/** Open to every client that can reach the port: they show no data of any user. */
const OPEN = ['/health', '/health/live', '/health/ready', '/metrics'];

/** Agents of the installation and models belong to no user. */
const COMMON = ['/v1/agents', '/v1/models'];

/** They make a thing with this id for each user. */
const MAKING = ['PUT /v1/agents/{agent_id}'];

/** No lists: who asks, and a stream, which activity.spec.ts tries. */
const ME = '/v1/me';
const NO_LISTS = [ME, '/v1/activity'];

/** What the ids in a path, and those in a body, stand for. */
type Things = Record<
  | ('session_id' | 'run_id' | 'plan_id' | 'approval_id' | 'permission_id')
  | ('call_id' | 'job_id' | 'steer_id' | 'agent_id' | 'client_id' | 'version' | 'blob_id'),
  string
>;

const AGENT = '---\ndescription: Hers\n---\nYou are hers.';

const decisions = [{ decision: 'approve' }, { decision: 'reject', feedback: 'no' }];

/** Bodies that would take effect if the thing were one's own. */
const BODIES: Record<string, (things: Things) => object[]> = {
  'POST /v1/sessions': () => [{ title: 'Nobody’s' }],
  'PATCH /v1/sessions/{session_id}': () => [{ title: 'mine now' }, { archived: true }],
  'POST /v1/sessions/{session_id}/messages': inputs,
  'POST /v1/sessions/{session_id}/messages/stream': inputs,
  'PUT /v1/agents/{agent_id}': () => [{ definition: AGENT, based_on: 1 }],
  'POST /v1/jobs/agents/{agent_id}/{version}': ({ session_id }) => [{ session_id, query: 'Tell me' }],
  'POST /v1/approvals/{approval_id}/decision': () => decisions,
  'POST /v1/tool-calls/{call_id}/claim': () => [{ client_id: 'mine' }],
  'POST /v1/tool-calls/{call_id}/release': () => [{ client_id: 'mine' }],
  'POST /v1/blobs': () => [{}],
  'POST /v1/plans/{plan_id}/cancel': () => [{ reason: 'no' }],
  'POST /v1/plans/{plan_id}/retry': () => [{}],
  'PUT /v1/sessions/{session_id}/context/checkpoint': () => [{ content: 'mine', based_on: null }],
  'PUT /v1/sessions/{session_id}/tools/{client_id}': () => [
    { tools: [], ttl_seconds: 60 },
    { tools: [{ name: 'mine', description: 'Mine', parameters: { type: 'object' } }], ttl_seconds: 60 },
  ],
  'PUT /v1/sessions/{session_id}/workspace': () => [
    { name: 'mine', roots: [{ name: 'mine', path: '/mine' }] },
    {
      name: 'mine',
      roots: [{ name: 'mine', path: '/mine' }],
      instructions: [{ path: 'AGENTS.md', content: 'Mine' }],
    },
  ],
  'POST /v1/sessions/{session_id}/compact': () => [{}, { instructions: 'mine' }],
  'PUT /v1/sessions/{session_id}/synopsis': () => [
    { title: 'Mine', items: [{ kind: 'text', text: 'mine' }] },
  ],
};

function inputs({ call_id, plan_id, agent_id, run_id }: Things): object[] {
  return [
    { type: 'user_message', content: 'hello' },
    { type: 'user_message', content: 'hello', on_busy: 'interrupt' },
    { type: 'user_message', content: 'hello', on_busy: 'queue' },
    { type: 'user_message', content: 'hello', on_busy: 'steer' },
    { type: 'user_message', content: 'hello', on_busy: 'steer', expected_run_id: run_id },
    { type: 'tool_result', call_id, result: 'mine' },
    { type: 'tool_result', call_id, content: [{ type: 'text', text: 'mine' }], display: 'mine' },
    { type: 'tool_result', call_id, client_id: 'mine', result: 'mine' },
    { type: 'switch_agent', agent: 'coder' },
    { type: 'switch_agent', agent: agent_id },
    ...decisions.map((decision) => ({ type: 'hitl_decision', call_id, ...decision })),
    ...decisions.map((decision) => ({ type: 'plan_decision', plan_id, ...decision })),
  ];
}

let app: TestApp;
let alice: TestClient;
let bob: TestClient;
let hers: Things;

/** Fills in a path; a kind of id that is missing from `Things` makes the test fail, so that its author adds it. */
function fill(path: string, things: Things): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (!(name in things)) throw new Error(`this test does not know what {${name}} in ${path} is`);
    return encodeURIComponent(things[name as keyof Things]);
  });
}

function requestsFor(
  { method, path, operation }: (typeof ROUTES)[number],
  things: Things,
): [string, string, object?][] {
  const filled = fill(path, things);
  if (!operation.requestBody) return [[method, filled]];
  const bodies = BODIES[`${method} ${path}`];
  if (!bodies) throw new Error(`this test does not know what ${method} ${path} takes`);
  return bodies(things).map((body) => [method, filled, body]);
}

/** Everything that is stored, but for the counts of requests and their keys, and the instance's own sign of life. */
async function everything(): Promise<Record<string, unknown>> {
  const tables = await app.database.rows<{ name: string }>(
    `select tablename as name from pg_tables
      where schemaname = 'public' and tablename not in ('request_rates', 'idempotency_keys', 'api_keys', 'instances')`,
  );
  const hashes = tables.map(async ({ name }) => {
    const [row] = await app.database.rows<{ hash: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '' order by t::text)), '') as hash from ${name} t`,
    );
    return [name, row!.hash] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

/** An answer without what differs between any two of them. */
const comparable = ({ status, body }: { status: number; body: unknown }, things: Things): string =>
  Object.values(things).reduce(
    (text, id) => text.replaceAll(id, '<id>'),
    JSON.stringify({ status, body: { ...(body as object), request_id: '' } }),
  );

beforeAll(async () => {
  app = await TestApp.start({ AUTH_MODE: 'api_key' });
  [alice, bob] = [await app.as('alice'), await app.as('bob')];
  // A plan in review, a permission, a call that waits for approval (with a result, so that this can be read), a job in the queue, and a synopsis.
  app.model.reset(NOT_ATOMIC);
  app.model.script(propose(), writes('allowed.js'), finish('Done.'), writes());
  const planned = await alice.openSession();
  const planId = planIdIn(await alice.ask(planned, 'Build a greeting tool'));
  const asking = await alice.openSession();
  const allowed = askedIn(await alice.ask(asking, 'Write allowed.js', { agent: 'coder' }));
  await alice.input(asking, callDecision(allowed.call_id, 'approve', { remember: true }));
  await alice.stream(asking, toolResult(allowed.call_id));
  const asked = await alice.ask(asking, 'Write greet.js', { agent: 'coder' });
  const approval = askedIn(asked);
  const { body: steered } = await alice.say(asking, 'In tabs', { on_busy: 'steer' });
  await alice.call('PUT', '/v1/agents/hers', { definition: AGENT });
  await alice.call('PUT', `/v1/sessions/${asking}/tools/window-1`, {
    tools: [{ name: 'hers', description: 'Hers', parameters: { type: 'object' } }],
    ttl_seconds: 600,
  });
  await alice.call('PUT', `/v1/sessions/${asking}/workspace`, {
    name: 'hers',
    roots: [{ name: 'hers', path: '/hers' }],
    instructions: [{ path: 'AGENTS.md', content: 'Hers' }],
  });
  const { body: job } = await alice.post('/v1/jobs/agents/hers/latest', {
    session_id: asking,
    query: 'Why?',
  });
  await alice.call('PUT', `/v1/sessions/${asking}/synopsis`, {
    title: 'Hers',
    items: [{ kind: 'text', text: 'hers' }],
  });
  await app.database.rows(
    `insert into tool_results (call_id, session_id, content, expires_at) values ($1, $2, 'hers', now() + interval '1 day')`,
    [approval.call_id, asking],
  );
  hers = {
    session_id: asking,
    run_id: asked[0]!.run_id!,
    plan_id: planId,
    approval_id: approval.id,
    permission_id: allowed.id,
    call_id: approval.call_id,
    job_id: job.job_id,
    steer_id: steered.steer.id,
    agent_id: 'hers',
    client_id: 'window-1',
    version: 'latest',
    blob_id: (await alice.call('POST', '/v1/blobs', png())).body.id,
  };
});
afterAll(() => app.stop());

const nobodys = (): Things => ({
  ...hers,
  session_id: randomUUID(),
  run_id: randomUUID(),
  plan_id: randomUUID(),
  approval_id: randomUUID(),
  permission_id: randomUUID(),
  call_id: randomUUID(),
  job_id: randomUUID(),
  steer_id: randomUUID(),
  agent_id: randomUUID(),
  blob_id: createHash('sha256').update(randomUUID()).digest('hex'),
});

describe('Every route', () => {
  it.each(ROUTES.filter(({ path }) => !OPEN.includes(path)))(
    '$method $path refuses requests without credentials',
    async (route) => {
      const before = await everything();
      for (const [method, path, body] of requestsFor(route, hers)) {
        const { status, body: problem, headers } = await app.client.call(method, path, body);
        expect([status, problem.code]).toEqual([401, 'auth.required']);
        expect(headers.get('www-authenticate')).toContain('Bearer');
      }
      expect(await everything()).toEqual(before);
    },
  );

  const OWNED = ROUTES.filter(
    ({ method, path }) => path.includes('{') && !MAKING.includes(`${method} ${path}`),
  );

  it.each(OWNED)(
    '$method $path answers a stranger as if there were nothing, and does nothing',
    async (route) => {
      const before = await everything();
      const none = nobodys();
      const foreign = requestsFor(route, hers);
      const absent = requestsFor(route, none);
      for (const [index, [method, path, body]] of foreign.entries()) {
        const answer = await bob.call(method, path, body);
        expect([answer.status, answer.body.code]).toEqual([404, expect.stringMatching(/^\w+\.not_found$/)]);
        const [, absentPath, absentBody] = absent[index]!;
        const nothing = await bob.call(method, absentPath, absentBody);
        expect(comparable(answer, hers)).toBe(comparable(nothing, none));
        expect([...answer.headers.keys()].toSorted()).toEqual([...nothing.headers.keys()].toSorted());
      }
      expect(await everything()).toEqual(before);
    },
  );

  it.each(OWNED.filter(({ method, path }) => method === 'GET' && !path.endsWith('/events')))(
    '$method $path answers its owner',
    async (route) => {
      const [[, path]] = requestsFor(route, { ...hers, version: '1' }) as [[string, string]];
      const { status } = await alice.call('GET', path);
      expect(status).toBe(200);
    },
  );

  it.each(
    ROUTES.filter(
      ({ method, path }) =>
        method === 'GET' &&
        path.startsWith('/v1/') &&
        !path.includes('{') &&
        ![...COMMON, ...NO_LISTS].includes(path),
    ),
  )('GET $path lists nothing of other users', async ({ path }) => {
    expect((await alice.get(path)).body.data.length).toBeGreaterThan(0);
    expect((await bob.get(path)).body).toEqual({ data: [], has_more: false, next_cursor: null });
    for (const filter of [`session_id=${hers.session_id}`, `cursor=${hers.job_id}`]) {
      const { body } = await bob.get(`${path}?${filter}`);
      expect(body.data ?? []).toEqual([]);
    }
  });
});

it('GET /v1/me tells who asks, and what the server is', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const server = {
    mode: 'api_key',
    version,
    model: 'gpt-5-mini',
    offline: false,
    approval_modes: [...APPROVAL_MODES],
  };
  expect((await alice.get(ME)).body).toEqual({ user: 'alice', ...server });
  expect((await bob.get(ME)).body).toEqual({ user: 'bob', ...server });
});

describe('What belongs to another user', () => {
  it('is not reached through a session of one’s own', async () => {
    const own = await bob.openSession();
    const before = await everything();
    for (const body of inputs(hers).slice(5)) {
      if ((body as { type: string }).type === 'switch_agent') continue;
      const { status } = await bob.input(own, body);
      expect([status, body]).toEqual([404, body]);
    }
    expect(await everything()).toEqual(before);
    const { body: history } = await bob.get(`/v1/sessions/${own}/messages?job_id=${hers.job_id}`);
    expect(history.data).toEqual([]);
  });

  it('is not told of by the key of a request of its owner', async () => {
    const key = { 'idempotency-key': 'hers' };
    const first = await alice.call('POST', '/v1/sessions', { title: 'secret plans' }, key);
    const second = await bob.call('POST', '/v1/sessions', { title: 'guess' }, key);
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it('shows who decided on it', async () => {
    const { body } = await alice.post(`/v1/approvals/${hers.approval_id}/decision`, { decision: 'reject' });
    expect(body.run.id).toBe(hers.run_id);
    const [row] = await app.database.rows('select decided_by from approvals where id = $1', [
      hers.approval_id,
    ]);
    expect(row).toEqual({ decided_by: 'alice' });
  });
});
