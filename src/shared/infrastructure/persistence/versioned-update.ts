import { EntityManager, EntitySchema } from 'typeorm';
import { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { ConcurrencyError } from '../../domain/domain-error.js';

/**
 * Compare-and-set: writes the row only where it still has the version it was loaded with, and raises that by one.
 * @throws ConcurrencyError when somebody else was faster
 */
export async function updateVersioned<Row extends { id: string; version: number }>(
  manager: EntityManager,
  schema: EntitySchema<Row>,
  state: Pick<Row, 'id' | 'version'> & Partial<Row>,
): Promise<void> {
  const { id, version, ...rest } = state;
  // TypeORM's type for a part of a row cannot be followed for a row that is not known yet; callers are checked by theirs.
  const changed = { ...rest, version: version + 1 } as unknown as QueryDeepPartialEntity<Row>;
  const result = await manager.update(schema, { id, version }, changed);
  if (result.affected !== 1) throw new ConcurrencyError(`${schema.options.name} ${id}`);
}
