import { Logger, Provider } from '@nestjs/common';
import { makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { atMost } from '../../application/at-most.js';
import { Database } from '../persistence/database.js';

/** How long a scrape waits for the database. */
const PATIENCE_MS = 3_000;

const logger = new Logger('DatabaseGauge');

interface About {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: string[];
}

interface Sample extends Record<string, string | number> {
  readonly value: number;
}

/**
 * A gauge that is read from the database at each scrape: every instance reports the same value, for all of them. If
 * the database does not answer in time it has no value, so that the other metrics are still served.
 * @param sql returns a row for each sample: its `value`, and its labels by name
 */
export const makeDatabaseGaugeProvider = (about: About, sql: string): Provider =>
  makeGaugeProvider({
    ...about,
    inject: [Database],
    async collect(database: Database) {
      const samples = await read(database, about.name, sql);
      this.reset();
      this.remove({}); // without labels, a value that is reset is 0
      for (const { value, ...labels } of samples) this.set(labels, value);
    },
  });

async function read(database: Database, metric: string, sql: string): Promise<Sample[]> {
  let samples: Sample[] = [];
  try {
    const asked = database.query<Sample>(sql);
    await atMost(
      PATIENCE_MS,
      asked.then((rows) => (samples = rows)),
    );
  } catch (error) {
    logger.warn({ err: error, metric }, 'a metric of the database cannot be read');
  }
  return samples;
}
