import { describe, expect, it } from 'vitest';
import { toEventView } from './event-view.js';

const createdAt = new Date('2026-11-20T10:15:00.000Z');

describe('an event as clients see it', () => {
  it('has the names of the API', () => {
    const event = { sessionId: 's', seq: 7, runId: 'r', createdAt };
    expect(toEventView('s', { ...event, type: 'synopsis.updated', data: { version: 1 } })).toEqual({
      id: '7',
      type: 'synopsis.updated',
      session_id: 's',
      run_id: 'r',
      created_at: '2026-11-20T10:15:00.000Z',
      data: { version: 1 },
    });
  });

  it('is a stream.reset, with the cursor to go on from, where that of the reader is ahead', () => {
    const reset = { reset: true, reason: 'cursor_ahead', resumeAfter: 3, createdAt } as const;
    expect(toEventView('s', reset)).toEqual({
      id: '3',
      type: 'stream.reset',
      session_id: 's',
      run_id: null,
      created_at: '2026-11-20T10:15:00.000Z',
      data: { reason: 'cursor_ahead', resume_after: '3' },
    });
  });
});
