import { readCommandLine } from './command-line.js';
import { explainFailedStart } from './failed-start.js';
import { runMigrations } from './run-migrations.js';

readCommandLine('usage: agent-runtime migrate', {});

try {
  await runMigrations();
} catch (error) {
  console.error(explainFailedStart(error));
  process.exitCode = 1;
}
