import { mergeConfig } from 'vitest/config';
import everything from './vitest.config.js';

const chaos = mergeConfig(everything, {
  // One after the other: each wants the machine for itself.
  test: { env: { CHAOS_SIZE: 'large' }, maxWorkers: 1 },
});

export default { ...chaos, test: { ...chaos.test, include: ['test/chaos/**/*.spec.ts'] } };
