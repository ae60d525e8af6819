import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobWorker } from '../../src/modules/jobs/index.js';
import { SentEvent, isFinished, isWaiting } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Metric, parseMetrics } from '../support/metrics-text.js';
import {
  NOT_ATOMIC,
  askedIn,
  callDecision,
  callIn,
  find,
  finish,
  planDecision,
  planIdIn,
  propose,
  reads,
  toolResult,
  writes,
} from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';

/** What is promised: type and labels by name. */
const CONTRACT: Record<string, [type: string, ...labels: string[]]> = {
  sse_transaction_duration_seconds: ['histogram', 'operation', 'outcome'],
  sse_transaction_commits_total: ['counter', 'operation', 'status'],
  jobs_total: ['counter', 'type', 'status'],
  job_duration_seconds: ['histogram', 'type', 'status'],
  job_queue_depth: ['gauge'],
  agent_runs_total: ['counter', 'status'],
  agent_run_duration_seconds: ['histogram', 'status'],
  agent_runs_active: ['gauge'],
  run_recoveries_total: ['counter', 'outcome'],
  llm_requests_total: ['counter', 'model', 'outcome'],
  llm_time_to_first_token_seconds: ['histogram', 'model'],
  llm_tokens_total: ['counter', 'model', 'type'],
  llm_cost_micros_total: ['counter', 'model'],
  server_time_to_first_token_seconds: ['histogram'],
  agent_switches_total: ['counter', 'from', 'to'],
  tool_calls_total: ['counter', 'tool', 'status'],
  tool_errors_total: ['counter', 'tool', 'code'],
  approvals_total: ['counter', 'kind', 'decision'],
  approval_wait_seconds: ['histogram', 'kind'],
  oldest_waiting_seconds: ['gauge', 'kind'],
  sse_connections: ['gauge'],
  sse_events_sent_total: ['counter', 'type'],
  event_flush_size: ['histogram'],
  event_flush_duration_seconds: ['histogram'],
  http_request_duration_seconds: ['histogram', 'method', 'route', 'status'],
};

/** What there is besides. */
const MORE: typeof CONTRACT = {
  llm_retries_total: ['counter', 'model', 'code'],
  llm_fallbacks_total: ['counter', 'code'],
  tool_claims_total: ['counter', 'outcome'],
  llm_circuit_state: ['gauge'],
  event_delivery_seconds: ['histogram'],
  clock_offset_seconds: ['gauge'],
  compactions_total: ['counter', 'reason', 'outcome'],
  context_estimate_error_ratio: ['histogram'],
};

/** That of models with prices, which this test does not have. */
const PRICED = 'llm_cost_micros_total';

const ALL = { ...CONTRACT, ...MORE };
const isOwn = (name: string) => !/^(process|nodejs)_/.test(name);

const MODEL = 'gpt-5-mini';
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
const INVENTED = `delete_everything_${randomUUID()}`;
/** Longer than everything that the server adds. */
const CLASSIFIED_MS = 3_000;
/** Longer than it takes the process to learn that it has lost its lease. */
const SLOW = { text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 30 } };

describe('the metrics', () => {
  let app: TestApp;
  let text: string;
  let metrics: Map<string, Metric>;
  /** What the process had counted before. */
  let before: Map<string, Metric>;
  const received: SentEvent[] = [];
  const depths: unknown[] = [];
  const active: unknown[] = [];

  beforeAll(async () => {
    // The test alone lets leases run out.
    app = await TestApp.start({ RUN_LEASE_SECONDS: '5', LLM_MAX_RETRIES: '1' }, { circuit: NEVER_OPENS });
    before = await scrape();
    await converse();
    await plan();
    await fail();
    await loseALease();
    await work();
    await ask();
    await askAmiss();
    await eventually(async () =>
      expect(await app.metric('agent_runs_active')).toEqual(['agent_runs_active 0']),
    );
    await eventually(async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 0']));
    metrics = await scrape();
  }, 60_000);
  afterAll(() => app.stop());

  const scrape = async () => {
    text = (await app.client.get('/metrics')).body;
    return parseMetrics(text);
  };

  const stream = async (sessionId: string, input: object) => {
    const events = await app.client.stream(sessionId, input);
    received.push(...events);
    return events;
  };
  const say = (sessionId: string, content: string, more: object = {}) =>
    stream(sessionId, { type: 'user_message', content, ...more });

  /** Tools, approvals of every kind, a refused message, a run that is cancelled. */
  async function converse(): Promise<void> {
    const { model, client } = app;
    model.reset(undefined, CLASSIFIED_MS);
    model.script(
      { text: 'Let me see.', calls: [...reads().calls, { name: INVENTED, args: {} }] },
      writes(),
      writes(),
      { text: 'Done.' },
      { text: 'It goes like this.' },
      writes(),
    );
    const sessionId = await client.openSession();
    const callId = callIn(await say(sessionId, 'Write it'));
    expect((await client.say(sessionId, 'Me too')).status).toBe(409);
    const missing = { error: 'There is no such file', error_code: 'file.not_found' };
    let events = await stream(sessionId, toolResult(callId, missing));
    const { call_id: written } = askedIn(events);
    await stream(sessionId, callDecision(written, 'approve'));
    events = await stream(sessionId, toolResult(written, { result: 'written' }));
    await stream(sessionId, callDecision(askedIn(events).call_id, 'reject', { feedback: 'Not this one' }));
    await client.input(sessionId, { type: 'switch_agent', agent: 'ask' });
    await say(sessionId, 'Explain it');
    events = await say(sessionId, 'Write again', { agent: 'coder' });
    await client.post(`/v1/runs/${find(events, 'run.waiting').run_id}/cancel`);
  }

  async function plan(): Promise<void> {
    app.model.reset(NOT_ATOMIC);
    app.model.script(propose(), finish('written'), finish('works'));
    const sessionId = await app.client.openSession();
    const planId = planIdIn(await say(sessionId, 'Build a greeting tool'));
    await stream(sessionId, planDecision(planId, 'approve'));
  }

  /** A model call that fails, once and for good. */
  async function fail(): Promise<void> {
    app.model.reset();
    app.model.script({ status: 500 }, { text: 'Here I am.' }, { status: 400 });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    await say(sessionId, 'Hello?');
    await say(sessionId, 'Hello?');
  }

  /** A run whose process is taken for gone. */
  async function loseALease(): Promise<void> {
    app.model.reset();
    app.model.script(SLOW, { text: 'Once more.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const speaking = say(sessionId, 'Say it');
    await eventually(async () => {
      expect(await app.database.rows('select from deltas where session_id = $1', [sessionId])).not.toEqual(
        [],
      );
    });
    active.push(await app.metric('agent_runs_active'));
    await app.database.rows(
      `update runs set lease_token = gen_random_uuid(), lease_owner = 'another process', lease_expires_at = now()
        where session_id = $1`,
      [sessionId],
    );
    await speaking;
  }

  /** One job that is done, one that fails. */
  async function work(): Promise<void> {
    app.model.reset();
    app.model.script({ text: 'It is a lease.' }, { status: 400 });
    const enqueue = async () => {
      const body = { session_id: await app.client.openSession(), query: 'What is it?' };
      return (await app.client.post('/v1/jobs/agents/ask/1.0.0', body)).body.job_id;
    };
    const becomes = (jobId: string, status: string) =>
      eventually(async () =>
        expect((await app.client.get(`/v1/jobs/${jobId}`)).body).toMatchObject({ status }),
      );
    const first = await enqueue();
    depths.push(await app.metric('job_queue_depth'));
    await app.nest.get(JobWorker).start();
    await becomes(first, 'done');
    await becomes(await enqueue(), 'failed');
  }

  /** What waits at the end: a question, of an hour ago. */
  async function ask(): Promise<void> {
    app.model.reset();
    app.model.script(writes());
    const sessionId = await app.client.openSession({ agent: 'coder' });
    await say(sessionId, 'Write it');
    await app.database.rows(
      `update approvals set created_at = created_at - interval '1 hour' where session_id = $1`,
      [sessionId],
    );
  }

  /** Requests that find no route, are refused before one is looked for, or whose client does not wait. */
  async function askAmiss(): Promise<void> {
    await app.client.get(`/v1/${randomUUID()}`);
    await app.client.call('PROPFIND', `/v1/sessions/${randomUUID()}`);
    await app.client.get(`/v1/sessions/${randomUUID()}`);
    await app.client.post('/v1/sessions', '{');
    const letGo = await app.database.lock('lock table sessions in access exclusive mode', []);
    const leaving = new AbortController();
    const left = expect(fetch(`${app.client.url}/v1/sessions`, { signal: leaving.signal })).rejects.toThrow();
    await eventually(async () => {
      const waiting = await app.database.rows(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      expect(waiting).not.toEqual([]);
    });
    leaving.abort();
    await left;
    await eventually(async () =>
      expect((await app.metric('http_request_duration_seconds_count')).join()).toContain('aborted'),
    );
    await letGo();
  }

  const samplesOf = (series: string, of = metrics) =>
    [...of.values()].flatMap(({ samples }) => samples.filter(({ name }) => name === series));

  /** By how much a series has grown, by the values of its labels in the order of the contract; without what has not. */
  const told = (series: string): Record<string, number> => {
    const [, ...labels] = ALL[series.replace(/_(sum|count)$/, '')] ?? ALL[series]!;
    const byLabels = (of: Map<string, Metric>) =>
      samplesOf(series, of).map((sample): [labels: string, value: number] => [
        labels.map((label) => sample.labels[label]).join(' '),
        sample.value,
      ]);
    const earlier = new Map(byLabels(before));
    const growth = byLabels(metrics).map(([key, value]) => [key, value - (earlier.get(key) ?? 0)] as const);
    return Object.fromEntries(growth.filter(([, value]) => value !== 0));
  };

  /** The same as the database has it. */
  const stored = async (sql: string): Promise<Record<string, number>> => {
    const rows = await app.database.rows<{ labels: string; value: number }>(sql);
    return Object.fromEntries(rows.map(({ labels, value }) => [labels, value]));
  };

  const expectAbout = (figures: Record<string, number>, expected: Record<string, number>) => {
    expect(Object.keys(figures).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [labels, value] of Object.entries(expected)) expect(figures[labels]).toBeCloseTo(value, 1);
  };

  it('are those that are promised, of the type and with exactly the labels that are', () => {
    const types = [...metrics.values()]
      .filter(({ name }) => isOwn(name))
      .map(({ name, type }) => [name, type]);
    expect(Object.fromEntries(types)).toEqual(
      Object.fromEntries(Object.entries(ALL).map(([name, [type]]) => [name, type])),
    );
    for (const [name, [, ...labels]] of Object.entries(ALL)) {
      const { samples } = metrics.get(name)!;
      if (name !== PRICED) expect(samples, name).not.toEqual([]);
      for (const sample of samples) {
        expect(
          Object.keys(sample.labels).filter((label) => label !== 'le'),
          name,
        ).toEqual(labels);
      }
    }
  });

  it('include those of the process', () => {
    for (const name of [
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
      'nodejs_heap_size_used_bytes',
    ])
      expect(metrics.has(name)).toBe(true);
  });

  it('are those of the table in docs/operations.md', () => {
    const [, table] = readFileSync('docs/operations.md', 'utf8').split('\n## Metrics\n');
    const cells = [...table!.split('\n## ')[0]!.matchAll(/^\| (`[a-z].*?`) +\|/gm)].map(([, cell]) => cell!);
    const documented = cells.flatMap((cell) =>
      [...cell.matchAll(/`([a-z_]+)(?:\{(.*?)\})?`/g)].map(([, name, labels]) => [
        name!,
        labels?.split(',') ?? [],
      ]),
    );
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(Object.entries(ALL).map(([name, [, ...labels]]) => [name, labels])),
    );
    expect(documented).toHaveLength(Object.keys(ALL).length);
  });

  it('name nothing that there are ever more of', () => {
    expect(text).not.toMatch(UUID);
    expect(text).not.toContain('delete_everything');
    expect(told('tool_calls_total')['unknown failed']).toBe(1);
  });

  it('tell of a transaction by its name how it ended, and how long it took from a millisecond to ten seconds', async () => {
    const commits = told('sse_transaction_commits_total');
    expect(commits).toMatchObject({
      'create_session_agent success': (await app.database.rows('select from sessions')).length,
      'save_user_message success': 8,
      // A busy session is looked at twice: it may be a plan in review that keeps it so.
      'save_user_message error': 2,
      'save_tool_result success': 2,
      'save_hitl_decision success': 2,
      'save_plan_decision success': 1,
      'switch_agent success': 1,
      'recover_run success': 1,
      'enqueue_job success': 2,
    });
    expect(told('sse_transaction_duration_seconds_count')).toEqual(
      Object.fromEntries(
        Object.entries(commits).map(([labels, count]) => [
          labels.replace(/success$/, 'committed').replace(/error$/, 'rolled_back'),
          count,
        ]),
      ),
    );
    const buckets = samplesOf('sse_transaction_duration_seconds_bucket').map(({ labels }) => labels['le']);
    expect([...new Set(buckets)]).toEqual([
      ...['0.001', '0.0025', '0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10'],
      '+Inf',
    ]);
  });

  it('tell of runs how they ended, and after how long', async () => {
    const runs = await stored(
      `select status as labels, count(*)::int as value from runs where finished_at is not null group by 1`,
    );
    expect(runs).toMatchObject({ completed: expect.any(Number), failed: 2, cancelled: 1 });
    expect(told('agent_runs_total')).toEqual(runs);
    expect(told('agent_run_duration_seconds_count')).toEqual(runs);
    expectAbout(
      told('agent_run_duration_seconds_sum'),
      await stored(
        `select status as labels, sum(extract(epoch from finished_at - created_at))::float8 as value
           from runs where finished_at is not null group by 1`,
      ),
    );
    expect(active).toEqual([['agent_runs_active 1']]);
    expect(told('run_recoveries_total')).toEqual({ recovered: 1 });
  });

  it('tell of hand-overs between which agents', async () => {
    expect(told('agent_switches_total')).toEqual(
      await stored(
        `select from_agent || ' ' || to_agent as labels, count(*)::int as value from agent_switches group by 1`,
      ),
    );
  });

  it('tell of tool calls how they were settled', async () => {
    expect(told('tool_calls_total')).toEqual(
      await stored(
        `select case tool_name when '${INVENTED}' then 'unknown' else tool_name end || ' ' || status as labels,
                count(*)::int as value
           from tool_calls where settled_at is not null group by 1`,
      ),
    );
  });

  it('tell of the errors of tools by their codes', () => {
    expect(told('tool_errors_total')).toEqual({ 'read_file file.not_found': 1 });
  });

  it('tell of questions how they were decided, and after how long', async () => {
    const resolved = `from approvals where status <> 'pending' group by 1`;
    const approvals = await stored(
      `select kind || ' ' || coalesce(decision, 'cancel') as labels, count(*)::int as value ${resolved}`,
    );
    expect(Object.keys(approvals).toSorted()).toEqual([
      'plan approve',
      'tool_call approve',
      'tool_call cancel',
      'tool_call reject',
    ]);
    expect(told('approvals_total')).toEqual(approvals);
    const waits = await stored(`select kind as labels, count(*)::int as value ${resolved}`);
    expect(told('approval_wait_seconds_count')).toEqual(waits);
    expectAbout(
      told('approval_wait_seconds_sum'),
      await stored(
        `select kind as labels, sum(extract(epoch from decided_at - created_at))::float8 as value ${resolved}`,
      ),
    );
  });

  it('tell of model calls how they ended, what they cost, and how long they let wait', async () => {
    const outcome = `case status when 'completed' then 'success' when 'aborted' then 'aborted'
      else replace(error_code, 'model.', '') end`;
    const calls = await stored(
      `select '${MODEL} ' || ${outcome} as labels, count(*)::int as value from llm_calls group by 1`,
    );
    expect(calls).toMatchObject({
      [`${MODEL} success`]: expect.any(Number),
      [`${MODEL} server_error`]: 1,
      [`${MODEL} request_refused`]: 2,
      [`${MODEL} aborted`]: 1,
    });
    expect(told('llm_requests_total')).toEqual(calls);
    expect(told('llm_retries_total')).toEqual({ [`${MODEL} model.server_error`]: 1 });
    const tokens = await stored(
      `select '${MODEL} prompt' as labels, sum(prompt_tokens)::int as value from llm_calls
       union all select '${MODEL} completion', sum(completion_tokens)::int from llm_calls`,
    );
    // And those of the process that has lost its lease, which has written nothing more.
    const counted = told('llm_tokens_total');
    expect(Object.keys(counted).toSorted()).toEqual(Object.keys(tokens).toSorted());
    for (const [labels, value] of Object.entries(tokens)) expect(counted[labels]).toBeGreaterThan(value);
    expect(told('llm_time_to_first_token_seconds_count')).toEqual({ [MODEL]: calls[`${MODEL} success`] });
    expectAbout(
      told('llm_time_to_first_token_seconds_sum'),
      await stored(`select '${MODEL}' as labels, sum(first_token_ms)::float8 / 1000 as value from llm_calls`),
    );
    expect(told('llm_circuit_state')).toEqual({});
  });

  it('tell what this server adds to the time until the first word, of runs that begin with it', () => {
    // Of those that are classified first as well, without the time that takes; not of those that are asked again, or
    // begin with a tool.
    expect(told('server_time_to_first_token_seconds_count')).toEqual({ '': 3 });
    expect(told('server_time_to_first_token_seconds_sum')['']).toBeLessThan(CLASSIFIED_MS / 1000);
  });

  it('tell of jobs what became of them, and how many are queued', async () => {
    expect(told('jobs_total')).toEqual({
      'agent:ask queued': 2,
      'agent:ask running': 2,
      'agent:ask done': 1,
      'agent:ask failed': 1,
    });
    expect(
      samplesOf('jobs_total').filter(({ labels }) => labels['status'] === 'failed').length,
    ).toBeGreaterThan(1);
    expect(told('job_duration_seconds_count')).toEqual({ 'agent:ask done': 1, 'agent:ask failed': 1 });
    expectAbout(
      told('job_duration_seconds_sum'),
      await stored(
        `select type || ' ' || status as labels, sum(extract(epoch from finished_at - started_at))::float8 as value
           from jobs group by 1`,
      ),
    );
    expect(depths).toEqual([['job_queue_depth 1']]);
    expect(told('job_queue_depth')).toEqual({});
  });

  it('tell how long what waits has waited, of every kind', () => {
    expect(samplesOf('oldest_waiting_seconds').map(({ labels }) => labels['kind'])).toEqual([
      'tool_result',
      'approval',
      'plan_decision',
      'queued',
      'recovery',
      'job',
    ]);
    const waiting = told('oldest_waiting_seconds');
    expect(Object.keys(waiting)).toEqual(['approval']);
    expect(waiting['approval']).toBeGreaterThanOrEqual(3600);
    expect(waiting['approval']).toBeLessThan(3660);
  });

  it('tell of streams what was sent, and how fast', async () => {
    const sent = Object.entries(Object.groupBy(received, ({ type }) => type));
    expect(told('sse_events_sent_total')).toEqual(
      Object.fromEntries(sent.map(([type, events]) => [type, events.length])),
    );
    const { '': delivered } = told('event_delivery_seconds_count');
    expect(delivered).toBeGreaterThan(received.length / 2);
    expect(delivered).toBeLessThanOrEqual(received.length);
    expect(told('event_delivery_seconds_sum')['']! / delivered!).toBeLessThan(2);
  });

  it('tell of the writer of deltas what it wrote', async () => {
    const { '': flushes } = told('event_flush_size_count');
    const [row] = await app.database.rows('select count(*)::int as deltas from deltas');
    expect(told('event_flush_size_sum')).toEqual({ '': row!['deltas'] });
    expect(told('event_flush_duration_seconds_count')).toEqual({ '': flushes });
  });

  it('tell of requests by the pattern of their route, also of those that find none', async () => {
    const sessions = (await app.database.rows('select from sessions')).length;
    const streams = received.filter((event) => isFinished(event) || isWaiting(event)).length;
    expect(told('http_request_duration_seconds_count')).toMatchObject({
      'POST /v1/sessions 201': sessions,
      'POST /v1/sessions/:session_id/messages/stream 200': streams,
      'POST /v1/sessions/:session_id/messages 409': 1,
      'POST /v1/jobs/agents/:agent_id/:version 202': 2,
      'POST none 400': 1,
      'GET none 404': 1,
      'other none 404': 1,
      'GET /v1/sessions aborted': 1,
      'GET /v1/sessions/:session_id 404': 1,
    });
  });
});

describe('the metrics of a reader', () => {
  it('count its stream while it is open, and nothing of the past as slowly delivered', async () => {
    const app = await TestApp.start();
    try {
      app.model.script({ text: 'Hello.' });
      const sessionId = await app.client.openSession({ agent: 'ask' });
      const run = await app.client.say(sessionId, 'Hello');
      await eventually(async () =>
        expect((await app.client.get(`/v1/runs/${run.body.run.id}`)).body.status).toBe('completed'),
      );
      const delivered = await app.growth('event_delivery_seconds_count');
      const leaving = new AbortController();
      const reading = app.client.events(`/v1/sessions/${sessionId}/events`, '0', leaving.signal);
      expect((await reading.next()).value!.id).toBe('1');
      expect(await app.metric('sse_connections')).toEqual(['sse_connections 1']);
      expect(await delivered()).toEqual({});
      leaving.abort();
      await eventually(async () =>
        expect(await app.metric('sse_connections')).toEqual(['sse_connections 0']),
      );
    } finally {
      await app.stop();
    }
  });
});
