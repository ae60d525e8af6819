import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const POSTGRES = 'test/global-setup.ts';

// Tests start the same code in hundreds of processes: each compiles what none has compiled before.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

export default defineConfig({
  // The client library is read from its source.
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: {
    reporters: ['default', './test/counts-reporter.ts'],
    // More than the two cores of CI: most tests wait for something most of the time.
    maxWorkers: 3,
    // Against tests that hang; a busy machine takes long over the others, too.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Of thousands of tests that start servers and kill them, one that a busy machine upsets does not hold up a change. It is named.
    retry: process.env['CI'] ? 1 : 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,packages,console/src}/**/*.spec.ts', 'test/{architecture,demo}/**/*.spec.ts'],
          // These specs keep no state in modules; loading the modules once halves the time.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.spec.ts'],
          globalSetup: POSTGRES,
          setupFiles: 'test/integration/support/end-work.ts',
        },
      },
      {
        extends: true,
        // These start what `npm run build` has built.
        test: {
          name: 'system',
          include: ['test/{acp,bench,chaos,client,console,daemon,deploy,e2e}/**/*.spec.ts'],
          globalSetup: POSTGRES,
        },
      },
    ],
  },
});
