import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { ConversationQueries, Message } from '../../../conversations/index.js';
import { LlmCall } from '../../../models/index.js';
import { RunAtWork } from '../run.queries.js';
import { PromptWindow } from './prompt-window.js';

const patience = { read: (_what: string, _giveUp: AbortSignal, attempt: () => unknown) => attempt() };
const openCall = { id: 'c' } as LlmCall;
const run = { id: 'r', sessionId: 's', agent: 'coder', jobId: null, openCall } as RunAtWork;
const { signal } = new AbortController();

describe('the window of a prompt', () => {
  const within = vi.fn<(...asked: unknown[]) => Promise<Message[]>>();
  const later = vi.fn<(...asked: unknown[]) => Promise<Message[]>>();
  const tx = { get: () => ({ newest: within }) } as unknown as Transaction;
  let window: PromptWindow;

  beforeEach(() => {
    within.mockReset().mockResolvedValue([{ content: 'within' } as Message]);
    later.mockReset().mockResolvedValue([{ content: 'later' } as Message]);
    window = new PromptWindow(
      { newest: later } as unknown as ConversationQueries,
      patience as unknown as DatabasePatience,
    );
  });

  it.each([
    ['the main history', run, null, 'main'],
    ['a subtask', run, 't', { subtaskId: 't' }],
    ['a job', { ...run, jobId: 'j' }, null, { jobId: 'j', runId: 'r' }],
  ])('of a call that was just opened is read with it: %s', async (_, about, subtaskId, thread) => {
    window.readAhead(tx, about, openCall, subtaskId);
    expect(await window.read(about, subtaskId, signal)).toMatchObject([{ content: 'within' }]);
    expect(within).toHaveBeenCalledExactlyOnceWith('s', thread, { messages: 200, characters: 400_000 });
    expect(later).not.toHaveBeenCalled();
  });

  it('of any other call is read when it is needed', async () => {
    window.readAhead(tx, run, openCall, null);
    for (const other of [null, { ...openCall }]) {
      expect(await window.read({ ...run, openCall: other }, null, signal)).toMatchObject([
        { content: 'later' },
      ]);
    }
    expect(later).toHaveBeenCalledWith('s', 'main', { messages: 200, characters: 400_000 });
  });

  it('leaves a failure of the read to its unit of work', async () => {
    within.mockRejectedValue(new Error('rolled back'));
    window.readAhead(tx, run, openCall, null); // an unhandled rejection fails the test
    await expect(window.read(run, null, signal)).rejects.toThrow('rolled back');
  });
});
