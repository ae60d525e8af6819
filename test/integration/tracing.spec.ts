import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SentEvent, isFinished } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  NOT_ATOMIC,
  askedIn,
  callDecision,
  callIn,
  finish,
  planDecision,
  propose,
  reads,
  toReview,
  toolResult,
  writes,
} from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';
import { CollectedSpan, TraceCollector } from '../support/trace-collector.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SECRET = 'sk-test-0123456789abcdef';

const SENT = 'POST /v1/sessions/:session_id/messages/stream';
const RUN = 'invoke_workflow user_message';

let collector: TraceCollector;
let app: TestApp;

beforeAll(async () => {
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
  vi.stubEnv('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '16'); // a secret that is cut is not recognised
  collector = await TraceCollector.start();
  app = await TestApp.start(
    { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, LLM_MAX_RETRIES: '1', OPENAI_API_KEY: SECRET },
    { worker: true, circuit: NEVER_OPENS },
  );
});
afterAll(async () => {
  await app?.stop();
  await collector?.stop();
  vi.unstubAllEnvs();
});
afterEach(() => {
  collector.spans.length = 0;
  app.model.reset();
});

const answer = (sessionId: string, events: readonly SentEvent[], result = 'done') =>
  app.client.stream(sessionId, toolResult(callIn(events), { result }));

const isNoTransaction = ({ name }: CollectedSpan) => !name.startsWith('unit_of_work');

/** The tree below a span that is sent, when it has become this. */
const becomes = (name: string, tree: readonly string[], isShown = isNoTransaction) =>
  eventually(() => {
    const span = collector.one(name);
    expect(collector.tree(span, isShown)).toEqual(tree);
    return span;
  });

describe('the trace of a run', () => {
  it('has its steps, model calls and units of work, below the request that started it', async () => {
    app.model.script({ text: 'Because.' });
    const sessionId = await app.client.openSession();
    const client = app.client.with({ traceparent: `00-${TRACE}-${PARENT}-01` });
    await client.ask(sessionId, 'Why?');
    const request = await becomes(
      SENT,
      [
        SENT,
        '  unit_of_work save_user_message',
        `  ${RUN}`,
        '    classify',
        '      chat gpt-5-mini',
        '      unit_of_work save_classification',
        '    invoke_agent coder',
        '      unit_of_work begin_model_call',
        '      chat gpt-5-mini',
        '      unit_of_work save_assistant_message',
      ],
      () => true,
    );
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: 2, failed: false });
    expect(request.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/sessions/:session_id/messages/stream',
      'http.response.status_code': 200,
      'url.path': `/v1/sessions/${sessionId}/messages/stream`,
    });
    expect(request.service).toMatchObject({ 'service.name': 'agent-runtime' });
    expect(collector.paths.at(-1)).toBe('/v1/traces');
  });

  it('is told in the words of the conventions, with no word of what was said', async () => {
    app.model.script(
      { calls: [{ name: 'read_file', args: { path: 'hidden-path.txt' } }], text: 'Hidden thought.' },
      { text: 'Hidden answer.' },
    );
    const sessionId = await app.client.openSession({ title: 'Hidden title' });
    const events = await app.client.ask(sessionId, 'Hidden question');
    await answer(sessionId, events, 'Hidden result');
    const run = await eventually(() => collector.one(RUN));
    await eventually(() => expect(collector.named('invoke_agent coder')).toHaveLength(2));
    expect(run.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.conversation.id': sessionId,
      'agent_runtime.run.status': 'completed',
      'agent_runtime.run.model_calls': 3,
    });
    const [call] = collector.partsOf(collector.named('invoke_agent coder')[0]!).filter(isNoTransaction);
    expect(call).toMatchObject({ name: 'chat gpt-5-mini', kind: 3, failed: false });
    expect(call!.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.response.model': expect.any(String),
      'gen_ai.response.id': expect.any(String),
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': expect.any(Number),
      'server.address': '127.0.0.1',
    });
    expect(collector.one('execute_tool read_file').attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'read_file',
      'gen_ai.tool.call.id': callIn(events),
      'agent_runtime.tool_call.status': 'completed',
    });
    const known = new Set<string>(Object.values(conventions).filter((value) => typeof value === 'string'));
    const names = collector.spans.flatMap(({ attributes }) => Object.keys(attributes));
    const unknown = names.filter((name) => !known.has(name) && !name.startsWith('agent_runtime.'));
    expect(unknown).toEqual([]);
    expect(JSON.stringify(collector.spans)).not.toMatch(/hidden/i);
  });

  it('goes on when another request, of another trace, answers its tool call', async () => {
    app.model.script(reads(), { text: 'Read.' });
    const sessionId = await app.client.openSession();
    const events = await app.client.with({ traceparent: `00-${TRACE}-${PARENT}-01` }).ask(sessionId, 'Read');
    await answer(sessionId, events);
    const run = await becomes(RUN, [
      RUN,
      '  classify',
      '    chat gpt-5-mini',
      '  invoke_agent coder',
      '    chat gpt-5-mini',
      '  execute_tool read_file',
      '  invoke_agent coder',
      '    chat gpt-5-mini',
    ]);
    const [, , before, wait, after] = [run, ...collector.partsOf(run)];
    expect(run.traceId).toBe(TRACE);
    expect(wait!.from).toBeGreaterThanOrEqual(before!.from);
    expect(wait!.to).toBeLessThanOrEqual(after!.to);
    const second = await eventually(() => {
      const [found] = collector.named(SENT).filter(({ traceId }) => traceId !== TRACE);
      expect(found).toBeDefined();
      return found!;
    });
    expect(before!.links).toEqual([]);
    expect(after!.links).toEqual([{ traceId: second.traceId, spanId: second.spanId }]);
  });

  it('says what failed, also where it was tried again', async () => {
    app.model.script({ status: 503, code: 'overloaded' }, { status: 500, code: 'internal' });
    const sessionId = await app.client.openSession();
    await app.client.ask(sessionId, 'Why?', { agent: 'ask' });
    const run = await becomes(RUN, [RUN, '  invoke_agent ask', '    chat gpt-5-mini', '    chat gpt-5-mini']);
    expect(run).toMatchObject({ failed: true, attributes: { 'error.type': 'model.server_error' } });
    const [step] = collector.partsOf(run);
    expect(step).toMatchObject({ failed: true, attributes: { 'error.type': 'model.server_error' } });
    for (const call of collector.named('chat gpt-5-mini')) {
      expect(call).toMatchObject({ failed: true, attributes: { 'error.type': 'server_error' } });
    }
    const causes = collector
      .named('chat gpt-5-mini')
      .map(
        ({ attributes }) =>
          `${String(attributes['http.response.status_code'])} ${String(attributes['agent_runtime.provider_code'])}`,
      );
    expect(new Set(causes)).toEqual(new Set(['503 overloaded', '500 internal']));
    expect(JSON.stringify(collector.spans)).not.toContain('secret words');
  });

  it('has the plan, its review, and the approval of a call, as long as each took', async () => {
    app.model.reset(NOT_ATOMIC);
    app.model.script(propose(), writes(), finish('Written.'), finish('It works.'));
    const { sessionId, planId } = await toReview(app);
    const asked = await app.client.stream(sessionId, planDecision(planId, 'approve'));
    const allowed = await app.client.stream(sessionId, callDecision(askedIn(asked).call_id, 'approve'));
    const rest = await answer(sessionId, allowed);
    expect(rest.some(isFinished)).toBe(true);
    await becomes(RUN, [
      RUN,
      '  classify',
      '    chat gpt-5-mini',
      '  invoke_agent architect',
      '    chat gpt-5-mini',
      '  execute_tool create_plan',
      '    approval plan',
      '  advance_plan',
      '  invoke_agent coder',
      '    chat gpt-5-mini',
      '  execute_tool write_file',
      '    approval tool_call',
      '  invoke_agent coder',
      '    chat gpt-5-mini',
      '  advance_plan',
      '  invoke_agent debug',
      '    chat gpt-5-mini',
      '  advance_plan',
    ]);
    expect(collector.one('approval tool_call').attributes).toMatchObject({
      'agent_runtime.approval.decision': 'approve',
    });
  });

  it('ends the wait of a run that is cancelled', async () => {
    app.model.script({ calls: [{ name: 'write_file', args: { path: 'a.txt', content: 'a' } }] });
    const sessionId = await app.client.openSession();
    const [{ run_id: runId }] = (await app.client.ask(sessionId, 'Write', { agent: 'coder' })) as [SentEvent];
    await app.client.post(`/v1/runs/${runId}/cancel`);
    await becomes(RUN, [
      RUN,
      '  invoke_agent coder',
      '    chat gpt-5-mini',
      '  execute_tool write_file',
      '    approval tool_call',
    ]);
    expect(collector.one(RUN).attributes).toMatchObject({ 'agent_runtime.run.status': 'cancelled' });
    expect(collector.one('approval tool_call').attributes).toMatchObject({
      'agent_runtime.approval.decision': 'cancelled',
    });
  });

  it('of a message that waited for its turn is its own, though another run let it begin', async () => {
    app.model.script({ text: 'First, '.repeat(50), pace: { tokensPerSecond: 100 } }, { text: 'Second.' });
    const sessionId = await app.client.openSession();
    await app.client.say(sessionId, 'One', { agent: 'ask' });
    const client = app.client.with({ traceparent: `00-${TRACE}-${PARENT}-01` });
    await client.say(sessionId, 'Two', { agent: 'ask', on_busy: 'queue' });
    const queued = await eventually(() => {
      const [found] = collector.named(RUN).filter(({ traceId }) => traceId === TRACE);
      expect(found).toBeDefined();
      return found!;
    });
    await eventually(() => expect(collector.named('invoke_agent ask')).toHaveLength(2));
    expect(collector.partsOf(queued).map(({ name, links }) => [name, links])).toEqual([
      ['invoke_agent ask', []],
    ]);
  });

  it('is not recorded where the client that began the trace does not want it', async () => {
    app.model.script({ text: 'Because.' });
    const sessionId = await app.client.openSession();
    await eventually(() => collector.one('POST /v1/sessions'));
    const quiet = app.client.with({ traceparent: `00-${TRACE}-${PARENT}-00` });
    await quiet.ask(sessionId, 'Why?', { agent: 'ask' });
    await app.client.openSession();
    await eventually(() => expect(collector.named('POST /v1/sessions')).toHaveLength(2));
    expect(collector.spans.filter(({ traceId }) => traceId === TRACE)).toEqual([]);
  });
});

describe('a trace', () => {
  it('goes on at the model server', async () => {
    app.model.script({ text: 'Because.' });
    const sessionId = await app.client.openSession();
    await app.client.ask(sessionId, 'Why?', { agent: 'ask' });
    const call = await eventually(() => collector.one('chat gpt-5-mini'));
    expect(app.model.headers('traceparent').at(-1)).toBe(`00-${call.traceId}-${call.spanId}-01`);
  });

  it('of a job has its run and what that did, below the request for it', async () => {
    app.model.script({ text: 'In the background.' });
    const sessionId = await app.client.openSession();
    const { body: job } = await app.client
      .with({ traceparent: `00-${TRACE}-${PARENT}-01` })
      .post('/v1/jobs/agents/ask/1.0.0', { session_id: sessionId, query: 'Why?' });
    const asked = await becomes('POST /v1/jobs/agents/:agent_id/:version', [
      'POST /v1/jobs/agents/:agent_id/:version',
      '  job agent:ask',
      '    invoke_workflow job',
      '      invoke_agent ask',
      '        chat gpt-5-mini',
    ]);
    expect(asked.traceId).toBe(TRACE);
    expect(job.trace_id).toBe(TRACE);
    const { body: runs } = await app.client.get(`/v1/sessions/${sessionId}/runs`);
    expect(runs.data.map(({ trace_id }: { trace_id: string }) => trace_id)).toContain(TRACE);
    expect(collector.one('job agent:ask').attributes).toMatchObject({
      'agent_runtime.job.id': job.job_id,
      'agent_runtime.job.status': 'done',
    });
    // A worker that takes a job does not know yet whose trace it is.
    expect(collector.named('unit_of_work start_job')).toEqual([]);
  });

  it('begins with the request where the client names none, or names it wrongly', async () => {
    for (const traceparent of [
      '',
      'rubbish',
      `00-${'0'.repeat(32)}-${PARENT}-01`,
      `ff-${TRACE}-${PARENT}-01`,
    ]) {
      await app.client.with({ traceparent }).get('/v1/sessions');
    }
    await eventually(() => expect(collector.named('GET /v1/sessions')).toHaveLength(4));
    const spans = collector.named('GET /v1/sessions');
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(4);
    expect(spans.every(({ parentSpanId }) => parentSpanId === '')).toBe(true);
  });

  it('holds no secret that an address holds', async () => {
    await app.client.get(`/v1/runs/ar_0123456789abcdef?access_token=${SECRET}`);
    await app.client.get(`/v1/nothing/${SECRET}`);
    await eventually(() => expect(collector.spans.length).toBeGreaterThanOrEqual(2));
    expect(JSON.stringify(collector.spans)).not.toMatch(/0123456789abcdef/);
  });

  it('is not made of probes and scrapes, nor of what the process does by itself', async () => {
    await app.client.get('/health');
    await app.client.get('/metrics');
    await app.client.get('/v1/sessions');
    await eventually(() => collector.one('GET /v1/sessions'));
    expect(collector.spans.map(({ name }) => name)).toEqual(['GET /v1/sessions']);
  });
});
