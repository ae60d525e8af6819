/** The difference between the migrations of the database and those of this code, by name. */
export interface MigrationState {
  /** Not run yet: the database is older than the code. */
  readonly missing: readonly string[];
  /** Run by a newer version. */
  readonly unknown: readonly string[];
}

/** Checks that the database takes writes, and which migrations it has run. */
export abstract class DatabaseProbe {
  /** @throws DatabaseUnavailable */
  abstract look(): Promise<MigrationState>;
}
