import { describe, expect, it } from 'vitest';
import { Checkpoint } from './checkpoint.js';
import { newCheckpoint } from './new-checkpoint.js';

const NOW = new Date('2026-11-20T10:00:00.000Z');

const GIVEN: Parameters<typeof newCheckpoint>[0] = {
  ...{ id: 'c2', sessionId: 's', thread: 'main', upToPosition: 9, content: 'notes', llmCallId: null },
  reason: 'threshold',
  kind: 'formed',
};

const base = (change: Partial<Checkpoint> = {}): Checkpoint => ({
  ...GIVEN,
  ...{ id: 'c1', basedOn: null, tokens: 1, createdAt: new Date(NOW.getTime() - 1_000) },
  ...change,
});

describe('a new checkpoint', () => {
  it('is based on the one of its thread that it replaces', () => {
    expect(newCheckpoint(GIVEN, base(), NOW)).toEqual({ ...GIVEN, basedOn: 'c1', tokens: 2, createdAt: NOW });
    expect(newCheckpoint(GIVEN, null, NOW).basedOn).toBeNull();
  });

  it('of a job is not based on the one of the main history', () => {
    expect(newCheckpoint({ ...GIVEN, thread: 'job:j:r' }, base(), NOW).basedOn).toBeNull();
  });

  it.each([0, 5_000])('is newer than its base, also where the clock of that was %i ms ahead', (ahead) => {
    const createdAt = new Date(NOW.getTime() + ahead);
    expect(newCheckpoint(GIVEN, base({ createdAt }), NOW).createdAt.getTime()).toBe(createdAt.getTime() + 1);
  });
});
