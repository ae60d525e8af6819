import { Injectable, Logger } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { atMost } from '../../application/at-most.js';
import { Database } from '../persistence/database.js';

/** How long a scrape waits for the database. */
const PATIENCE_MS = 3_000;

interface Sample extends Record<string, string | number> {
  readonly value: number;
}

/**
 * Gauges that are asked of the database with each scrape: whichever instance is asked tells of all. Without the database
 * they have no value; the other metrics are needed all the more then, and in time.
 */
@Injectable()
export class DatabaseGauges {
  private readonly logger = new Logger(DatabaseGauges.name);

  constructor(
    private readonly registry: Registry,
    private readonly database: Database,
  ) {}

  /** @param sql answers with a row for each sample: its `value`, and its labels by their names */
  add(
    about: { readonly name: string; readonly help: string; readonly labelNames: string[] },
    sql: string,
  ): void {
    const read = () => this.read(about.name, sql);
    this.registry.registerMetric(
      new Gauge({
        ...about,
        registers: [],
        async collect() {
          const samples = await read();
          this.reset();
          this.remove({}); // without labels, a value that is reset is 0
          for (const { value, ...labels } of samples) this.set(labels, value);
        },
      }),
    );
  }

  private async read(metric: string, sql: string): Promise<Sample[]> {
    let samples: Sample[] = [];
    try {
      const asked = this.database.query<Sample>(sql);
      await atMost(
        PATIENCE_MS,
        asked.then((rows) => (samples = rows)),
      );
    } catch (error) {
      this.logger.warn({ err: error, metric }, 'a metric of the database cannot be read');
    }
    return samples;
  }
}
