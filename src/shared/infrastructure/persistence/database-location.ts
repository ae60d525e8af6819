import { join } from 'node:path';
import { Config, ConfigInvalid } from '../../../config/config.js';
import { EmbeddedPostgres } from '../embedded-postgres/embedded-postgres.js';
import { likePsql } from './database-url.js';

const UNUSABLE_FOLDER = new Set(['EACCES', 'EEXIST', 'ENOENT', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS']);

/** The database of this process, and the embedded server to stop, if it is one. */
export class DatabaseLocation {
  private constructor(
    /** Contains credentials: must not be logged. */
    readonly url: string,
    /** For log texts: without credentials. */
    readonly description: string,
    readonly embedded: EmbeddedPostgres | undefined,
  ) {}

  /** The database of DATABASE_URL, or else the embedded PostgreSQL of DATA_DIR. */
  static async open(config: Config): Promise<DatabaseLocation> {
    if (config.databaseUrl) {
      const { host, pathname } = new URL(config.databaseUrl);
      return new DatabaseLocation(
        await likePsql(config.databaseUrl),
        `PostgreSQL at ${host}${pathname}`,
        undefined,
      );
    }
    const embedded = await EmbeddedPostgres.start(config.dataDir).catch((error: NodeJS.ErrnoException) => {
      if (!UNUSABLE_FOLDER.has(error.code ?? '')) throw error;
      throw new ConfigInvalid([`DATA_DIR must be a folder this process can write to (${error.code})`]);
    });
    return new DatabaseLocation(
      embedded.url,
      `embedded PostgreSQL in ${join(config.dataDir, 'postgres')}`,
      embedded,
    );
  }
}
