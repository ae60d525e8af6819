import { DefaultNamingStrategy, NamingStrategyInterface, Table } from 'typeorm';

/** How a property of a row is called in its table. */
export const columnNameOf = (property: string): string =>
  property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `createdAt` in a row interface is `created_at` in its table. */
export class SnakeNamingStrategy extends DefaultNamingStrategy implements NamingStrategyInterface {
  override columnName(propertyName: string, customName: string | undefined, prefixes: string[]): string {
    return customName ?? columnNameOf([...prefixes, propertyName].join('_'));
  }

  /** Names a person can read in an error, instead of hashes. */
  override primaryKeyName(table: Table | string): string {
    return `${typeof table === 'string' ? table : table.name}_pk`;
  }
}
