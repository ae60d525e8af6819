import { defineConfig } from 'vitest/config';

/** `npm run test:package`: apart from the other tests, since it installs every dependency anew. */
export default defineConfig({
  test: { include: ['test/package/**/*.spec.ts'], testTimeout: 60_000, hookTimeout: 300_000 },
});
