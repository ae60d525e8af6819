import { defineConfig } from 'vitest/config';

const POSTGRES = 'test/global-setup.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/counts-reporter.ts'],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'test/{architecture,demo}/**/*.spec.ts'],
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
        },
      },
      {
        extends: true,
        // These start what `npm run build` has built.
        test: {
          name: 'system',
          include: ['test/{bench,chaos,deploy,e2e}/**/*.spec.ts'],
          globalSetup: POSTGRES,
        },
      },
    ],
  },
});
