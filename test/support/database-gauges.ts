import { INestApplicationContext } from '@nestjs/common';
import { getToken } from '@willsoto/nestjs-prometheus';
import { Gauge, register } from 'prom-client';

const NAMES = ['job_queue_depth', 'oldest_waiting_seconds'];

// prom-client's registry is one per process. An application takes over a metric that it finds there, which does for a
// counter; but a gauge that asks a database asks that of the application which made it.

/** The next application makes its own, and nothing holds on to the database of the one before. */
export function forgetDatabaseGauges(): void {
  for (const name of NAMES) register.removeSingleMetric(name);
}

/** The next scrape asks the database of this application. */
export function useDatabaseGaugesOf(app: INestApplicationContext): void {
  forgetDatabaseGauges();
  for (const name of NAMES) register.registerMetric(app.get<Gauge>(getToken(name)));
}
