/** The migrations of the database beside those of this code, by name. */
export interface MigrationState {
  /** Not run yet: the database is older than the code. */
  readonly missing: readonly string[];
  /** Run by a newer version. */
  readonly unknown: readonly string[];
}

/** Whether the database answers, and which migrations it has run. */
export abstract class DatabaseProbe {
  /** @throws whatever keeps the database from answering */
  abstract look(): Promise<MigrationState>;
}
