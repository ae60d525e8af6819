import { globSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { readConfig } from './config/read-config.js';
import { optionsFor } from './shared/infrastructure/persistence/data-source.js';

const ROW_SCHEMAS = join(import.meta.dirname, '**/*.row.js');

const entities = globSync(ROW_SCHEMAS);
// Without a schema TypeORM finds no difference.
if (entities.length === 0) throw new Error(`There is no row schema in ${ROW_SCHEMAS}`);

/** All row schemas, and the database of DATABASE_URL, for TypeORM's command. */
export const dataSource = new DataSource({ ...optionsFor(readConfig().databaseUrl!), entities });
