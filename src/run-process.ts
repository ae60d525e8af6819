import { INestApplicationContext } from '@nestjs/common';
import { Logger } from 'nestjs-pino';
import { ConfigInvalid } from './config/config.js';
import { DatabaseUnavailable } from './shared/application/errors.js';
import { Shutdown } from './shared/application/shutdown.js';
import { sqlStateOf, translateDatabaseError } from './shared/infrastructure/persistence/database-errors.js';
import { EmbeddedPostgres } from './shared/infrastructure/persistence/embedded-postgres.js';

/** Ctrl-C reaches a process under npm twice, by the terminal and by npm: so close together they are one. */
const SAME_SIGNAL_MS = 500;

/** Runs a process from its start to its end in order, which a signal asks for. */
export function runProcess(start: () => Promise<INestApplicationContext>): void {
  const starting = start();
  stopOnSignals(starting);
  starting.catch(async (error: unknown) => {
    console.error(explain(error));
    await EmbeddedPostgres.stopAll();
    process.exit(1);
  });
}

/**
 * The first signal ends the process in order; a second one shortens every wait. One that comes while it starts is heeded
 * when it has started, so that no half-made database is left behind.
 */
function stopOnSignals(starting: Promise<INestApplicationContext>): void {
  let stoppedAt: number | undefined;
  const stop = async (app: INestApplicationContext, signalledAt: number) => {
    if (stoppedAt !== undefined) {
      if (signalledAt - stoppedAt > SAME_SIGNAL_MS) app.get(Shutdown).hurryUp();
      return;
    }
    stoppedAt = signalledAt;
    try {
      await app.close();
      process.exit(0);
    } catch (error) {
      app.get(Logger).error({ err: error }, 'the process could not end in order');
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const signalledAt = performance.now();
      starting.then((app) => stop(app, signalledAt), ended);
    });
  }
}

/** Nothing to stop: a start that fails ends the process by itself. */
const ended = () => undefined;

/** What keeps it from starting, in words where the reason is known. */
function explain(error: unknown): unknown {
  if (error instanceof ConfigInvalid) return error.message;
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Cannot start: port ${port} is taken by another process`;
  if (translateDatabaseError(error) instanceof DatabaseUnavailable) {
    return 'Cannot start: the database cannot be reached; look at DATABASE_URL';
  }
  return sqlStateOf(error) ? `Cannot start: the database says: ${message}` : error;
}
