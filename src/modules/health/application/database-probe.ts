/** Whether the database answers. */
export abstract class DatabasePing {
  abstract answers(): Promise<boolean>;
}
