import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { API_ONLY, ServerProcess, WORKER } from '../support/server-process.js';
import { TraceCollector } from '../support/trace-collector.js';

const RUN = 'invoke_workflow user_message';
const LOST = 'the collector does not take spans; they are dropped';
const BACK = 'the collector takes spans again';

/** Says on standard error what of OpenTelemetry a process loads. Counting metrics takes its API, which does nothing. */
const TELL_LOADED = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, next) {
        const [, name] = /@opentelemetry[/]([^/]+)/.exec(url) ?? [];
        if (name && name !== 'api') console.error('loaded ' + name);
        return next(url, context);
      },
    });`)}`,
];

let database: TestDatabase;
let model: ScriptedModel;
let collector: TraceCollector;
let servers: ServerProcess[];

beforeEach(async () => {
  servers = [];
  database = await TestDatabase.create();
  model = await ScriptedModel.start();
  collector = await TraceCollector.start();
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop('SIGKILL')));
  await model.stop();
  await collector.stop();
  await database.drop();
});

async function start(env: Record<string, string> = {}, command?: readonly string[]): Promise<ServerProcess> {
  const server = await ServerProcess.start(
    {
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      RUN_LEASE_SECONDS: '3',
      ...env,
    },
    command,
  );
  servers.push(server);
  return server;
}

const SOON = { OTEL_BSP_SCHEDULE_DELAY: '20' };

const said = (server: ServerProcess, message: string) =>
  server.lines.map((line) => JSON.parse(line) as { msg: string }).filter(({ msg }) => msg === message);

describe('a trace', () => {
  it('goes on in the worker that carries a job out', async () => {
    model.script({ text: 'In the background.' });
    const api = await start(SOON, API_ONLY);
    await start(SOON, WORKER);
    const sessionId = await api.client.openSession();
    await api.client.post('/v1/jobs/agents/ask/1.0.0', { session_id: sessionId, query: 'Why?' });
    const tree = await eventually(() => {
      const request = collector.one('POST /v1/jobs/agents/:agent_id/:version');
      const [job] = collector.partsOf(request).filter(({ name }) => name === 'job agent:ask');
      const [run] = collector.partsOf(job!);
      const [step] = collector.partsOf(run!);
      expect(step).toMatchObject({ name: 'invoke_agent ask' });
      return { request, step: step! };
    });
    const instanceOf = ({ service }: typeof tree.step) => service['service.instance.id'];
    expect(instanceOf(tree.step)).not.toBe(instanceOf(tree.request));
  });

  it('goes on where the process that carried a run was killed', async () => {
    model.script(
      { text: 'Never heard. '.repeat(100), pace: { tokensPerSecond: 10 } },
      { text: 'Said anew.' },
    );
    const first = await start(SOON);
    const sessionId = await first.client.openSession();
    await first.client.say(sessionId, 'Why?');
    const request = await eventually(() => collector.one('POST /v1/sessions/:session_id/messages'));
    await eventually(() => {
      collector.one('classify');
      expect(model.requests).toHaveLength(1);
    });
    await first.stop('SIGKILL');
    await start(SOON);
    const run = await eventually(() => collector.one(RUN));
    await eventually(() => collector.one('invoke_agent coder'));
    expect(run).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId });
    expect(run.attributes).toMatchObject({ 'agent_runtime.run.attempt': 2 });
    expect(run.attributes['agent_runtime.run.status']).toBe('completed');
    const [classify, answer] = collector.partsOf(run);
    expect([classify!.name, answer!.name]).toEqual(['classify', 'invoke_agent coder']);
    expect(classify!.service).not.toEqual(answer!.service);
  });

  it('is sent whole before the process ends', async () => {
    model.script({ text: 'Because.' });
    const server = await start();
    await server.client.ask(await server.client.openSession(), 'Why?');
    expect(collector.spans).toEqual([]);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(collector.tree(collector.one('POST /v1/sessions/:session_id/messages/stream'))).toContain(
      `  ${RUN}`,
    );
  });
});

describe('a collector', () => {
  it('that refuses spans does not disturb requests; the log says so once, and once when it accepts them again', async () => {
    model.always({ text: 'Because.' });
    collector.status = 400;
    const server = await start(SOON);
    const ask = async () => {
      const events = await server.client.ask(await server.client.openSession(), 'Why?');
      expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    };
    await ask();
    await eventually(() => expect(said(server, LOST)).toHaveLength(1));
    const refused = collector.paths.length;
    await ask();
    await eventually(() => expect(collector.paths.length).toBeGreaterThan(refused));
    expect(said(server, BACK)).toEqual([]);
    collector.status = 200;
    await ask();
    await eventually(() => expect(said(server, BACK)).toHaveLength(1));
    expect(said(server, LOST)).toHaveLength(1);
    expect(said(server, LOST)[0]).not.toHaveProperty('request_id');
  });

  it.each(['is away', 'does not answer'])('that %s does not keep the process from ending', async (how) => {
    model.script({ text: 'Because.' });
    collector.isSilent = true;
    const url = how === 'is away' ? 'http://127.0.0.1:1' : collector.url;
    const server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    await server.client.ask(await server.client.openSession(), 'Why?');
    const stoppedAt = performance.now();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - stoppedAt).toBeLessThan(8_000);
  });
});

describe('OpenTelemetry', () => {
  it.each([
    [true, {}],
    [false, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ])('is loaded where a collector is named: %s', async (isNamed, env) => {
    model.script({ text: 'Because.' });
    const server = await start(env, [...TELL_LOADED, ...API_ONLY]);
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const client = server.client.with({ traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    await client.ask(await client.openSession(), 'Why?');
    expect(server.errors.includes('loaded sdk-trace')).toBe(isNamed);
    if (!isNamed) expect(server.errors).toBe('');
    // Whether or not it is recorded, a trace can be found in the log, and no model hears of one that is not.
    const [ended] = await eventually(() => {
      const lines = said(server, 'a run ended');
      expect(lines).toHaveLength(1);
      return lines;
    });
    expect(ended).toMatchObject({ trace_id: trace });
    expect(model.headers('traceparent').every((header) => (header !== undefined) === isNamed)).toBe(true);
  });
});
