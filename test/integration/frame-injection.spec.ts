import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import {
  approvalsIn,
  askedIn,
  callDecision,
  callIn,
  planDecision,
  planIdIn,
  toolResult,
} from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';
import { exchange } from './support/raw-client.js';
import { RawModel, answer, calls, chunk } from './support/raw-model.js';

/** Ends lines, frames and words in every way there is, and goes on as if it were the server. */
const FORGED = [
  ...[
    'forged',
    '\n\ndata: {"type":"forged"}\n\n',
    'id: 999\nevent: forged\r',
    'data: x\r\n\r\n',
    ': comment\n',
  ],
  ...['retry: 1\n', '\u2028\u2029\u0085\ufeff\u000b\u000c\u001b[31m\u202e\u2066', '\r\r\n\n'],
  ...['data: [DONE]', '</script>'],
].join('');

/** What is left of it where a field is short. */
const START = FORGED.slice(0, 100);

const FRAME = /^id: (\d+)\nevent: ([a-z_]+\.[a-z_]+)\ndata: ([^\r\n\u0085\u2028\u2029]*)$/;
const BEGINNING = /^: open\nid: \d+\nretry: 1000$/;

interface Frame {
  id: string;
  type: string;
  data: unknown;
}

/** Reads a stream as it is written, and checks line by line that each frame is a frame of this server. */
async function readFrames(url: string, isLast: (id: string) => boolean): Promise<Frame[]> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const frames: Frame[] = [];
  let text = '';
  let isFirst = true;
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream('utf-8', { ignoreBOM: true }))) {
    const blocks = (text + piece).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      if (isFirst) expect(block).toMatch(BEGINNING);
      else if (block !== ': heartbeat') frames.push(readFrame(block));
      isFirst = false;
    }
    const last = frames.at(-1);
    if (last && isLast(last.id)) return frames;
  }
  expect(text).toBe('');
  return frames;
}

function readFrame(block: string): Frame {
  expect(block).toMatch(FRAME);
  const [, id, type, data] = FRAME.exec(block)!;
  const view = JSON.parse(data!) as Frame;
  expect([view.id, view.type]).toEqual([id, type]);
  return view;
}

/** Where the text has come through: the type of the event, and the names of the fields. */
function placesOf(frames: readonly Frame[]): Set<string> {
  const places = new Set<string>();
  const walk = (value: unknown, place: string): void => {
    if (typeof value === 'string' && value.includes(START)) places.add(place);
    if (typeof value !== 'object' || value === null) return;
    const names = !Array.isArray(value);
    for (const [key, part] of Object.entries(value)) walk(part, names ? `${place}.${key}` : place);
  };
  for (const { type, data } of frames) walk(data, type);
  return places;
}

describe('what people and models say', () => {
  let app: TestApp;
  let model: RawModel;

  beforeAll(async () => {
    model = await RawModel.start();
    app = await TestApp.start(
      { OPENAI_BASE_URL: model.url, LLM_MAX_RETRIES: '0' },
      { circuit: NEVER_OPENS, worker: true },
    );
  });
  afterAll(async () => {
    await app.stop();
    model.stop();
  });

  const says = (text: string, finish = 'stop') => answer(chunk({ content: text }), chunk({}, finish));
  const wishes = (name: string, args: object) => ({ name, args: JSON.stringify(args) });

  it('stays within the data of its frame, whatever field it is in', async () => {
    const { client } = app;
    const sessionId = await client.openSession({
      title: FORGED,
      metadata: { [START]: FORGED },
    });
    const classification = { is_atomic: true, agent: 'code', confidence: 'high', reason: FORGED };
    model.script(
      says(JSON.stringify(classification)),
      calls(
        wishes('write_file', { path: 'a.txt', content: FORGED }),
        wishes('execute_command', { command: FORGED }),
        wishes('read_file', { path: 'a.txt' }),
        wishes(FORGED, { [FORGED]: FORGED }),
        { name: 'read_file', args: FORGED },
      ),
      says(FORGED, FORGED),
    );
    const asked = await client.ask(sessionId, FORGED);
    const commanded = approvalsIn(asked)[1]!;
    const send = (input: object) => client.stream(sessionId, input);
    const { call_id: written } = askedIn(asked);
    await send(callDecision(written, 'reject', { feedback: FORGED }));
    const edited = { command: FORGED, cwd: 'x' };
    await send(callDecision(commanded.call_id, 'edit', { modified_arguments: edited }));
    await send(toolResult(commanded.call_id, { error: FORGED }));
    await send(toolResult(callIn(asked), { result: { [FORGED]: [FORGED] } }));

    model.script(
      calls(wishes('ask_followup_question', { question: FORGED, suggestions: [FORGED, FORGED] })),
      calls(wishes('switch_agent', { agent: 'debug', reason: FORGED })),
      (response) => response.writeHead(400).end(JSON.stringify({ error: { message: FORGED, code: FORGED } })),
    );
    await client.ask(sessionId, 'Ask me', { agent: 'ask' });
    await client.input(sessionId, { type: 'switch_agent', agent: 'ask', reason: FORGED });
    const failed = await client.ask(sessionId, 'Hand over, and fail');
    expect(failed.at(-1)!.data).toMatchObject({ status: 'failed' });

    const step = { title: FORGED, description: FORGED, agent: 'coder' };
    const plan = wishes('create_plan', { title: FORGED, description: FORGED, subtasks: [step] });
    model.script(calls(plan), calls(plan));
    const planId = planIdIn(await client.ask(sessionId, 'Plan', { agent: 'architect' }));
    await send(planDecision(planId, 'modify', { feedback: FORGED }));
    await client.post(`/v1/plans/${planId}/cancel`, { reason: FORGED });

    model.script(says(FORGED));
    const job = { session_id: sessionId, query: FORGED, memory: { [START]: FORGED } };
    const { body } = await client.post('/v1/jobs/agents/ask/1.0.0', job);
    await eventually(async () =>
      expect((await client.get(`/v1/jobs/${body.job_id}`)).body.result.text).toBe(FORGED),
    );
    const items = [{ kind: 'text', text: FORGED }];
    await client.call('PUT', `/v1/sessions/${sessionId}/synopsis`, { title: FORGED, items });

    const session = (await client.get(`/v1/sessions/${sessionId}`)).body;
    const url = `${client.url}/v1/sessions/${sessionId}/events?after=0`;
    const frames = await readFrames(url, (id) => id === session.last_event_id);
    expect(frames.map(({ type }) => type)).not.toContain('forged');
    expect([...placesOf(frames)]).toEqual(
      expect.arrayContaining([
        ...['message.created.message.content', 'message.delta.text', 'message.completed.content'],
        ...['message.completed.suggestions', 'agent.switched.reason', 'run.phase_changed.reason'],
        'message.completed.tool_calls.tool_name',
        'message.completed.tool_calls.arguments.content',
        'approval.requested.approval.arguments.content',
        ...[
          'approval.resolved.reason',
          'tool_call.requested.arguments.command',
          'tool_call.settled.tool_name',
        ],
        ...['plan.created.plan.title', 'plan.created.plan.description', 'plan.created.plan.subtasks.title'],
        ...['plan.approval_required.plan.title', 'plan.status_changed.reason'],
      ]),
    );
    const runs = (await client.get(`/v1/sessions/${sessionId}/runs`)).body.data as { id: string }[];
    for (const { id } of runs) await readFrames(`${client.url}/v1/runs/${id}/events`, () => false);
  });

  it.each([
    ['x-request-id', 'a b'],
    ['x-request-id', 'a\tforged: 1'],
    ['x-request-id', 'x'.repeat(129)],
    ['x-request-id', 'é\u2028'],
    ['x-request-id', 'one\r\nx-request-id: two'],
    ['x-request-id', 'a\r\n forged: folded'],
    ['x-request-id', 'a\rforged: 1'],
    ['traceparent', '00-\u0085-forged'],
    ['idempotency-key', 'a\tforged: 1'],
    ['last-event-id', '1\u2028forged: 1'],
    ['origin', 'http://forged\t'],
  ])('never comes back in a header of its own: %s: %j', async (name, value) => {
    const request = `POST /v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json`;
    const bytes = `${request}\r\n${name}: ${value}\r\ncontent-length: 2\r\n\r\n{}`;
    const { headers, status } = (await exchange(app.client.url, bytes))!;
    expect(status).toBeLessThan(500);
    expect(headers.get('x-request-id')).toMatch(/^[\w.:-]{1,128}$/);
    expect([...headers].filter((header) => header.join().includes('forged'))).toEqual([]);
  });
});
