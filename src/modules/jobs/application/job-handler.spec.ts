import { describe, expect, it } from 'vitest';
import { JobHandler, JobHandlers } from './job-handler.js';

const handler = (): JobHandler => ({
  accept: () => ({}),
  begin: () => Promise.reject(new Error('not begun here')),
  abandon: () => Promise.resolve(),
});

describe('the handlers of jobs', () => {
  it('are found by type, and one is that of all other agents', () => {
    const [usual, special, other] = [handler(), handler(), handler()];
    const handlers = new JobHandlers();
    handlers.register(usual);
    handlers.register(special, 'agent:synopsis_manager');
    handlers.register(other, 'compaction');
    expect(handlers.of('agent:ask')).toBe(usual);
    expect(handlers.of('agent:synopsis_manager')).toBe(special);
    expect(handlers.of('compaction')).toBe(other);
    expect(handlers.types).toEqual(['agent:synopsis_manager', 'compaction']);
  });

  it('of agents do not execute a job of a type that only a newer release knows', () => {
    const handlers = new JobHandlers();
    handlers.register(handler());
    expect(() => handlers.of('compaction')).toThrow('compaction');
  });
});
