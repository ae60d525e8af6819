import { describe, expect, it } from 'vitest';
import { type Message, Transcript } from '../src/index.ts';
import { event } from './support/scripted-server.ts';

const started = (more: object = {}) =>
  event(1, 'message.started', { message_id: 'm1', agent: 'coder', ...more });
const delta = (offset: number, text: string) => event(2, 'message.delta', { message_id: 'm1', offset, text });
const completed = (content: string, more: object = {}) =>
  event(3, 'message.completed', {
    ...{ message_id: 'm1', agent: 'coder', content, tool_calls: [], finish_reason: 'stop', usage: null },
    ...more,
  });
const discarded = event(4, 'message.discarded', { message_id: 'm1', reason: 'recovery' });

const IMAGE = { type: 'image', blob_id: 'b1' };
const USER: Message = {
  ...{ id: 'm0', session_id: 's1', run_id: 'r1', subtask_id: null, job_id: null, role: 'user', agent: null },
  ...{ content: 'Hi', reasoning: null, tool_calls: [], call_id: null, call_status: null, suggestions: null },
  ...{ finish_reason: null, usage: null },
  created_at: '2026-11-20T10:15:00.000Z',
};

describe('the transcript', () => {
  it.each<[string, ReturnType<typeof event>[], string, Partial<{ isComplete: boolean; hasGap: boolean }>]>([
    ['pieces', [delta(0, 'Hel'), delta(3, 'lo')], 'Hello', { isComplete: false, hasGap: false }],
    ['a piece twice', [delta(0, 'Hel'), delta(0, 'Hel')], 'Hel', {}],
    ['a merged piece over its beginning', [delta(0, 'Hel'), delta(0, 'Hello')], 'Hello', {}],
    ['a gap', [delta(0, 'Hel'), delta(9, 'lo')], 'Hel', { hasGap: true }],
    [
      'a gap that the end fills',
      [delta(9, 'lo'), completed('Hello')],
      'Hello',
      { isComplete: true, hasGap: false },
    ],
    ['an end alone', [completed('Hello')], 'Hello', { isComplete: true }],
    ['a late piece', [completed('Hello'), delta(5, '!')], 'Hello', { isComplete: true }],
  ])('shows %s', (_, events, text, more) => {
    const transcript = new Transcript();
    for (const each of [started(), ...events]) transcript.apply(each);
    expect(transcript.messages()).toMatchObject([{ id: 'm1', text, ...more }]);
  });

  it('keeps what the model reasons beside what it says', () => {
    const transcript = new Transcript();
    const thought = (offset: number, text: string) =>
      event(2, 'message.reasoning_delta', { message_id: 'm1', offset, text });
    for (const each of [started(), thought(0, 'Hm'), delta(0, 'Hel')]) transcript.apply(each);
    expect(transcript.apply(thought(2, ', well'))?.added).toBe('');
    expect(transcript.get('m1')).toMatchObject({ text: 'Hel', reasoning: 'Hm, well', hasGap: false });
    transcript.apply(thought(9, '!'));
    expect(transcript.get('m1')).toMatchObject({ text: 'Hel', reasoning: 'Hm, well', hasGap: true });
    transcript.apply(completed('Hello', { reasoning: 'Hm, well.!' }));
    expect(transcript.get('m1')).toMatchObject({ text: 'Hello', reasoning: 'Hm, well.!', hasGap: false });
    transcript.load([{ ...USER, role: 'assistant', reasoning: 'Why not' }]);
    expect(transcript.get('m0')).toMatchObject({ text: 'Hi', reasoning: 'Why not' });
  });

  it('tells what an event has added', () => {
    const transcript = new Transcript();
    const added = [started(), delta(0, 'Hel'), delta(0, 'Hell'), completed('Hello')].map(
      (each) => transcript.apply(each)?.added,
    );
    expect(added).toEqual(['', 'Hel', 'l', 'o']);
    expect(transcript.apply(completed('Other'))?.added).toBe('');
    expect(transcript.apply(event(9, 'run.resumed', { by: 'tool_result' }))).toBeUndefined();
    expect(transcript.apply(event(10, 'of.tomorrow', { message_id: 'm1' }))).toBeUndefined();
  });

  it('keeps the main history, subtasks and jobs apart, in the order of their beginning', () => {
    const transcript = new Transcript();
    transcript.load([USER]);
    transcript.apply(completed('In a subtask', { message_id: 'm2', subtask_id: 't1' }));
    transcript.apply(completed('In a job', { message_id: 'm3', job_id: 'j1' }));
    transcript.apply(started());
    transcript.apply(
      event(7, 'message.created', {
        message: { ...USER, id: 'm4', role: 'tool', call_id: 'c1', display: 'shown', attachments: [IMAGE] },
      }),
    );
    transcript.apply(completed('Hello'));
    const ids = (place?: object) => transcript.messages(place).map(({ id }) => id);
    expect(ids()).toEqual(['m0', 'm1', 'm4']);
    expect(ids({ subtaskId: 't1' })).toEqual(['m2']);
    expect(ids({ jobId: 'j1' })).toEqual(['m3']);
    expect(transcript.get('m4')).toMatchObject({
      ...{ role: 'tool', callId: 'c1' },
      ...{ display: 'shown', attachments: [IMAGE] },
    });
    expect(transcript.get('m0')).toMatchObject({ display: undefined, attachments: [] });
  });

  it('forgets what is discarded, and everything where the log was set back', () => {
    const transcript = new Transcript();
    transcript.load([USER]);
    for (const each of [started(), delta(0, 'Hel')]) transcript.apply(each);
    expect(transcript.apply(discarded)).toMatchObject({
      isDiscarded: true,
      message: { id: 'm1', text: 'Hel' },
    });
    expect(transcript.get('m1')).toBeUndefined();
    transcript.apply(event(5, 'stream.reset', { reason: 'cursor_ahead', resume_after: '1' }));
    expect(transcript.messages()).toEqual([]);
  });

  it('shows the calls that are being written, until the message is there', () => {
    const transcript = new Transcript();
    const call = { call_id: 'c1', tool_name: 'write_file' };
    const drafted = event(2, 'tool_call.drafted', { ...call, message_id: 'm1' });
    expect(transcript.apply(drafted)).toBeUndefined(); // of a message whose begin was not seen
    transcript.apply(started());
    expect(transcript.apply(drafted)).toMatchObject({ added: '', message: { drafts: [call] } });
    transcript.apply(completed('', { tool_calls: [{ ...call, arguments: {} }] }));
    expect(transcript.get('m1')).toMatchObject({ drafts: [], toolCalls: [call] });
    expect(transcript.apply(drafted)).toBeUndefined();
  });

  it('knows what waits for an agent at work', () => {
    const transcript = new Transcript();
    const waiting = () => [...transcript.steers.keys()];
    transcript.load([USER], { steers: [{ id: 's1', content: 'One' }], todos: null });
    for (const id of ['s2', 's3', 's4']) {
      transcript.apply(event(5, 'steer.waiting', { steer_id: id, content: `Text of ${id}` }));
    }
    expect([...transcript.steers].at(-1)).toEqual(['s4', 'Text of s4']);
    transcript.apply(event(6, 'steer.withdrawn', { steer_id: 's3' }));
    expect(waiting()).toEqual(['s1', 's2', 's4']);
    transcript.apply(
      event(7, 'message.created', { message: { ...USER, id: 'm9' }, steer_ids: ['s1', 's2'] }),
    );
    expect(waiting()).toEqual(['s4']);
    transcript.apply(event(8, 'stream.reset', { reason: 'cursor_ahead', resume_after: '1' }));
    expect(waiting()).toEqual([]);
  });

  it('knows the newest list of the agents', () => {
    const transcript = new Transcript();
    const stored = [{ text: 'Look', status: 'in_progress' as const }];
    const newer = [{ text: 'Look', status: 'completed' as const }];
    const updated = (items: object[]) => event(5, 'todos.updated', { items });
    expect(transcript.todos).toEqual([]);
    transcript.load([USER], { steers: [], todos: stored });
    transcript.load([]); // older messages alone
    expect(transcript.todos).toEqual(stored);
    expect(transcript.apply(updated(newer))).toBeUndefined();
    expect(transcript.todos).toEqual(newer);
    transcript.load([], { steers: [], todos: null });
    expect(transcript.todos).toEqual([]);
    transcript.apply(updated(newer));
    transcript.apply(event(6, 'stream.reset', { reason: 'cursor_ahead', resume_after: '1' }));
    expect(transcript.todos).toEqual([]);
  });

  it('never changes a message that it has handed out', () => {
    const transcript = new Transcript();
    const before = transcript.apply(started())!.message;
    transcript.apply(delta(0, 'Hel'));
    expect(before.text).toBe('');
    expect(transcript.get('m1')).not.toBe(before);
  });
});
