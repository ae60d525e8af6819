import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** Looks until `attempt` no longer throws, and fails with what it threw last when the deadline has passed. */
export async function eventually<T>(attempt: () => Promise<T> | T, deadlineMs = DEADLINE_MS): Promise<T> {
  const giveUpAt = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await pause(LOOK_EVERY_MS);
    }
  }
}
