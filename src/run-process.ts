import { inspect } from 'node:util';
import { INestApplicationContext } from '@nestjs/common';
import { Logger } from 'nestjs-pino';
import { Config } from './config/config.js';
import { explainFailedStart } from './failed-start.js';
import { LAST_WRITE_MS, Shutdown } from './shared/application/shutdown.js';
import { DatabaseClock } from './shared/infrastructure/persistence/database-clock.js';
import { Redaction } from './shared/infrastructure/redaction.js';
import { EmbeddedPostgres } from './shared/infrastructure/embedded-postgres/embedded-postgres.js';

/** Ctrl-C reaches a process under npm twice, from the terminal and from npm: two signals within this time are one. */
const SAME_SIGNAL_MS = 500;
/** Time to close, besides the drain and the last writes. */
const CLOSING_MS = 5_000;
/** Time to start, after a signal: a database may have to be created first. */
const STARTING_MS = 30_000;

/** Runs a process from its start to its orderly end, which a signal requests. */
export function runProcess(start: () => Promise<INestApplicationContext>): void {
  const starting = start();
  stopOnSignals(starting);
  // Once the process has its logger.
  starting.then((app) => logTraces(app.get(Logger)), ended);
  starting.then((app) => app.get(DatabaseClock).watch(), ended);
  starting.catch(async (error: unknown) => {
    const reason = explain(error);
    console.error(new Redaction([]).clean(typeof reason === 'string' ? reason : inspect(reason)));
    await EmbeddedPostgres.stopAll();
    process.exit(1);
  });
}

/**
 * The first signal shuts the process down; a second one shortens every wait. A signal during the start takes effect
 * after it, so that no half-made database is left behind.
 */
function stopOnSignals(starting: Promise<INestApplicationContext>): void {
  let stoppedAt: number | undefined;
  const stop = async (app: INestApplicationContext, signalledAt: number) => {
    if (stoppedAt !== undefined) {
      if (signalledAt - stoppedAt <= SAME_SIGNAL_MS) return;
      app.get(Shutdown).forceStop();
      endAtLast(app, 0);
      return;
    }
    stoppedAt = signalledAt;
    endAtLast(app, app.get(Config).shutdownDrainTimeoutSeconds * 1000);
    try {
      await app.close();
      // A step that could not finish has logged why.
      process.exit(app.get(Shutdown).isComplete ? 0 : 1);
    } catch (error) {
      app.get(Logger).error({ err: error }, 'the process could not end in order');
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const signalledAt = performance.now();
      const limit = setTimeout(() => {
        console.error('The process does not start, and is ended');
        process.exit(1);
      }, STARTING_MS);
      const started = () => clearTimeout(limit);
      starting.then(started, started);
      starting.then((app) => stop(app, signalledAt), ended);
    });
  }
}

/** The last resort: exits although a step or a library hangs. */
function endAtLast(app: INestApplicationContext, drainMs: number): void {
  const giveUp = () => {
    app.get(Logger).error('the process could not end in time, and is cut off');
    process.exit(1);
  };
  setTimeout(giveUp, drainMs + LAST_WRITE_MS + CLOSING_MS).unref();
}

/**
 * graphile-worker prints a failed fetch by `console.trace`, past the log and its redaction. At debug level, since it tells
 * its logger the same.
 */
function logTraces(logger: Logger): void {
  console.trace = (error: unknown) => logger.debug({ err: error }, 'a trace of a library');
}

/** Nothing to stop: a failed start ends the process by itself. */
const ended = () => undefined;

/** The reason of a failed start, in words if it is known. */
function explain(error: unknown): unknown {
  const { code, syscall, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `Cannot start: port ${port} is taken by another process; look at PORT, METRICS_PORT and WORKER_PORT`;
  if (syscall === 'listen') return `Cannot start: nothing can listen there (${code}); look at HOST`;
  return explainFailedStart(error);
}
