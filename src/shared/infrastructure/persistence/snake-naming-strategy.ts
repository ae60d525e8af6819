import { DefaultNamingStrategy, NamingStrategyInterface, Table } from 'typeorm';

/** `createdAt` in a row interface is `created_at` in its table. */
export class SnakeNamingStrategy extends DefaultNamingStrategy implements NamingStrategyInterface {
  override columnName(propertyName: string, customName: string | undefined, prefixes: string[]): string {
    return (
      customName ??
      [...prefixes, propertyName].join('_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    );
  }

  /** Readable constraint names for error messages, instead of hashes. */
  override primaryKeyName(table: Table | string): string {
    return `${typeof table === 'string' ? table : table.name}_pk`;
  }
}
