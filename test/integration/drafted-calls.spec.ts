import { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, isFinished, isWaiting, typesOf } from '../support/client.js';
import { all, callsIn, find, toolResult } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';
import { CHAT_SERVER } from './support/chat-server.js';
import { startApp } from './support/protocol-app.js';
import { ProtocolServer, Step } from './support/protocol-server.js';
import { RawModel } from './support/raw-model.js';
import { RESPONSES_SERVER } from './support/responses-server.js';

const WRITES: Step = {
  call: 'write_file',
  args: ['{"path":"a.txt",', `"content":"${'long '.repeat(1000)}"}`],
};
const READS: Step = { call: 'read_file', args: ['{"path":"b.txt"}'] };
const END: Step = { end: 'stop' };

/** The answer of a model, which says more of it only when the test wants it to. */
class HeldAnswer {
  private rest = '';

  constructor(private readonly response: ServerResponse) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
  }

  /** Says everything up to the first event that holds this text, and keeps the rest. */
  begin(answer: string, last: string): void {
    const end = answer.indexOf('\n\n', answer.indexOf(last)) + 2;
    this.response.write(answer.slice(0, end));
    this.rest = answer.slice(end);
  }

  finish(): void {
    this.response.end(this.rest);
  }

  breakOff(): void {
    this.response.destroy();
  }
}

describe.each<[string, ProtocolServer]>([
  ['chat completions', CHAT_SERVER],
  ['the Responses API', RESPONSES_SERVER],
])('a tool call that a model writes by %s', (_protocol, server) => {
  let raw: RawModel;
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    raw = await RawModel.start();
    app = await startApp(server, raw, { RUN_LEASE_SECONDS: '3' });
  });
  afterAll(async () => {
    await app?.stop();
    raw?.stop();
  });
  beforeEach(async () => {
    sessionId = await app.client.openSession({ agent: 'coder' });
  });

  /** @returns the next answer, once it is asked for */
  const nextAnswer = () =>
    new Promise<HeldAnswer>((resolve) => {
      raw.behave = (response) => resolve(new HeldAnswer(response));
    });

  const until = (type: SentEvent['type'], after = '0') =>
    app.client.readUntil(sessionId, (event) => event.type === type, after);

  /** Asks, and has the model say as much as there is up to this text. */
  const begin = async (last: string, ...steps: Step[]) => {
    const asked = nextAnswer();
    const { body } = await app.client.say(sessionId, 'Write it');
    const answer = await asked;
    answer.begin(server.stream(...steps, END), last);
    return { answer, runId: body.run.id as string };
  };

  it('is told while its arguments are still to come, and keeps its id', async () => {
    const { answer } = await begin('write_file', { text: ['I write it.'] }, WRITES, READS);
    // The model says nothing more until its readers know of the call.
    const events = await until('tool_call.drafted');
    const { message_id: messageId } = find(events, 'message.started').data;
    const { call_id: callId, ...drafted } = find(events, 'tool_call.drafted').data;
    expect(drafted).toEqual({ tool_name: 'write_file', message_id: messageId });
    expect(typesOf(events).slice(-2)).toEqual(['message.delta', 'tool_call.drafted']);

    answer.finish();
    const after = await app.client.readUntil(sessionId, isWaiting, events.at(-1)!.id);
    const second = find(after, 'tool_call.drafted').data;
    const completed = find(after, 'message.completed').data;
    expect(completed.tool_calls.map(({ call_id, tool_name }) => [call_id, tool_name])).toEqual([
      [callId, 'write_file'],
      [second.call_id, 'read_file'],
    ]);
    expect(find(after, 'approval.requested').data.approval.call_id).toBe(callId);
    expect(callsIn(after)).toEqual([second.call_id]);
    const stored = await app.database.rows(
      'select id, tool_name from tool_calls where message_id = $1 order by id',
      [messageId],
    );
    expect(stored.map(({ id }) => id as string)).toEqual([callId, second.call_id]);
  });

  it('is there for those who connect again while the message is open, after any cursor', async () => {
    const { answer } = await begin('write_file', { text: ['I write it.'] }, WRITES);
    const seen = await until('tool_call.drafted');
    for (const [place, event] of seen.slice(0, -1).entries()) {
      expect(await until('tool_call.drafted', event.id)).toEqual(seen.slice(place + 1));
    }
    const [row] = await app.database.rows(
      'select kind from deltas where session_id = $1 order by seq desc limit 1',
      [sessionId],
    );
    expect(row).toEqual({ kind: 3 }); // so it is deleted with the deltas
    answer.finish();
    await until('run.waiting');
  });

  it('is forgotten with its message where the answer breaks off, and the next one has another id', async () => {
    const { answer } = await begin('write_file', WRITES);
    const [lost] = all(await until('tool_call.drafted'), 'tool_call.drafted');
    const again = nextAnswer();
    answer.breakOff();
    const second = await again;
    second.begin(server.stream(WRITES, END), 'write_file');
    second.finish();
    const events = await until('run.waiting');
    const { message_id: messageId, call_id: callId } = lost!.data;
    expect(find(events, 'message.discarded').data.message_id).toBe(messageId);
    const [, next] = all(events, 'tool_call.drafted');
    expect(next!.data.message_id).not.toBe(messageId);
    expect(next!.data.call_id).not.toBe(callId);
    expect(find(events, 'approval.requested').data.approval.call_id).toBe(next!.data.call_id);
  });

  it('is forgotten where its run is cancelled', async () => {
    const { runId } = await begin('write_file', WRITES);
    await until('tool_call.drafted');
    await app.client.post(`/v1/runs/${runId}/cancel`);
    const events = await until('run.finished');
    const { message_id: messageId } = find(events, 'tool_call.drafted').data;
    expect(find(events, 'message.discarded').data).toEqual({ message_id: messageId, reason: 'cancelled' });
    expect(await app.database.rows('select from tool_calls where session_id = $1', [sessionId])).toEqual([]);
  });

  it('ends with its message where it is refused; its name is shown as it is kept, within bounds', async () => {
    const name = `erase_${'x'.repeat(5000)}`;
    const { answer } = await begin('"path', { call: name, args: ['{"path":', '"a.txt"}'] });
    const { call_id: callId, tool_name: toolName } = find(
      await until('tool_call.drafted'),
      'tool_call.drafted',
    ).data;
    expect(toolName).toBe(name.slice(0, 100));
    const asked = nextAnswer();
    answer.finish();
    const next = await asked;
    next.begin(server.stream({ text: ['Done.'] }, END), 'Done.');
    next.finish();
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(find(events, 'message.completed').data.tool_calls).toMatchObject([
      { call_id: callId, tool_name: toolName },
    ]);
    expect(all(events, 'tool_call.requested')).toEqual([]);
  });

  it('is not told where it becomes the answer, whose text is shown', async () => {
    const { answer } = await begin('result', {
      call: 'attempt_completion',
      args: ['{"result":', '"It is done."}'],
    });
    answer.finish();
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(all(events, 'tool_call.drafted')).toEqual([]);
    expect(find(events, 'message.completed').data.content).toBe('It is done.');
  });

  it('does not come from a process that has lost the run', async () => {
    const { answer } = await begin('I write', { text: ['I write it.'] }, WRITES);
    await until('message.delta');
    const taken = nextAnswer();
    await app.database.rows(
      `update runs set lease_token = gen_random_uuid(), lease_owner = 'another process', lease_expires_at = now()
        where session_id = $1`,
      [sessionId],
    );
    const second = await taken;
    answer.finish(); // the process that has lost it is asked for its call too late
    second.begin(server.stream(READS, END), 'read_file');
    second.finish();
    const events = await until('run.waiting');
    expect(all(events, 'tool_call.drafted').map(({ data }) => data.tool_name)).toEqual(['read_file']);
    await app.client.input(sessionId, toolResult(callsIn(events)[0]!));
  });
});
