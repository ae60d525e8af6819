import type { RuntimeEvent } from '@agent-runtime/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionStore } from './session-store.ts';

const SESSION = {
  id: 's',
  active_run: { id: 'r', status: 'running', phase: 'execution', waiting_for: [], first_event_id: '10' },
  steers: [{ id: 'told later', content: 'Mind the tabs' }],
  todos: [{ text: 'Find it', status: 'in_progress' }],
  last_event_id: '100',
};
const STORED = {
  ...{ id: 'newest', role: 'assistant', run_id: 'r', subtask_id: null, job_id: null, agent: 'coder' },
  ...{ content: 'The newest one', tool_calls: [], call_id: null, finish_reason: 'stop' },
};

/** The session, and a page of its messages that has others before it. */
function answer(input: string | URL): Promise<Response> {
  const { pathname } = new URL(input);
  const page = { data: [STORED], has_more: true, next_cursor: 'older' };
  return Promise.resolve(Response.json(pathname.endsWith('/messages') ? page : SESSION));
}

function event(id: number, type: string, data: object): RuntimeEvent {
  const about = { session_id: 's', run_id: 'r', created_at: '2026-11-20T10:00:00.000Z' };
  return { id: String(id), type, data, ...about } as RuntimeEvent;
}

const user = (id: string, more: object = {}) => ({
  message: { ...STORED, id, role: 'user', content: `says ${id}`, finish_reason: null },
  ...more,
});

describe('the store of a session whose run is at work', () => {
  let store: SessionStore;
  beforeAll(() => {
    const nothing = { getItem: () => null };
    const globals = { location: { origin: 'http://127.0.0.1' }, fetch: answer, document: {} };
    for (const [name, value] of Object.entries({
      ...globals,
      sessionStorage: nothing,
      localStorage: nothing,
    }))
      vi.stubGlobal(name, value);
  });
  afterAll(() => vi.unstubAllGlobals());
  beforeEach(async () => {
    const { SessionStore: Store } = await import('./session-store.ts');
    store = new Store('s');
    await store.load();
  });

  const taken = async (...events: RuntimeEvent[]) => {
    const told = new Promise<void>((done) => {
      const stop = store.subscribe(() => (stop(), done()));
    });
    for (const each of events) store.apply(each);
    await told;
    return store.get();
  };
  const texts = ({ messages }: ReturnType<SessionStore['get']>) => messages.map(({ text }) => text);

  it('shows what is half said, after what is stored', async () => {
    const started = { message_id: 'said', agent: 'coder' };
    const shown = await taken(
      event(90, 'message.started', started),
      event(91, 'message.delta', { message_id: 'said', offset: 0, text: 'half a ' }),
      event(101, 'message.delta', { message_id: 'said', offset: 7, text: 'sentence' }),
    );
    expect(texts(shown)).toEqual(['The newest one', 'half a sentence']);
  });

  it('does not show messages of pages that are not read yet again at the end', async () => {
    const completed = {
      ...{ message_id: 'old', agent: 'coder', content: 'An old one', tool_calls: [] },
      usage: {},
    };
    const shown = await taken(
      event(11, 'message.created', user('first')),
      event(12, 'message.started', { message_id: 'old', agent: 'coder' }),
      event(13, 'message.delta', { message_id: 'old', offset: 0, text: 'An old' }),
      event(14, 'message.completed', { ...completed, finish_reason: 'stop' }),
      event(15, 'todos.updated', { items: [] }),
      event(16, 'steer.waiting', { steer_id: 'told before', content: 'Long ago' }),
    );
    expect(texts(shown)).toEqual(['The newest one']);
    expect(shown.todos).toEqual(SESSION.todos);
    expect([...shown.steers.keys()]).toEqual(['told later']);
  });

  it('takes what is new: lists, claims, and what the agent was told', async () => {
    const shown = await taken(
      event(101, 'todos.updated', { items: [{ text: 'Find it', status: 'completed' }] }),
      event(102, 'message.created', user('told', { steer_ids: ['told later'] })),
      event(103, 'tool_call.requested', { call_id: 'c1', tool_name: 'read_file' }),
      event(104, 'tool_call.claimed', { call_id: 'c1', client_id: 'window 1' }),
      event(105, 'tool_call.requested', { call_id: 'c2', tool_name: 'read_file' }),
      event(106, 'tool_call.claimed', { call_id: 'c2', client_id: 'window 1' }),
      event(107, 'tool_call.released', { call_id: 'c2', attempt: 2, needs_approval: false }),
    );
    expect(texts(shown)).toEqual(['The newest one', 'says told']);
    expect(shown.todos).toEqual([{ text: 'Find it', status: 'completed' }]);
    expect(shown.steers.size).toBe(0);
    expect([...shown.claims]).toEqual([['c1', 'window 1']]);
    expect(shown.calls.get('c2')).toBe('requested');
  });
});
