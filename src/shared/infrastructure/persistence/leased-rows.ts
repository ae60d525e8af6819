import { EntitySchema } from 'typeorm';
import { RepositoryContext } from './repository-context.js';
import { Expression } from './row-statements.js';

/** What the table of an aggregate under leases has among its columns. */
interface LeasedRow {
  readonly leaseToken: string | null;
  /** By the database's clock: those of the processes may differ. */
  readonly leaseExpiresAt: Date | null;
}

interface Leased {
  snapshot(): { readonly leaseToken: string | null };
}

/** SQL: no process executes it, because its lease was released or not renewed in time. */
export const ABANDONED = `status = 'running' and (lease_token is null or lease_expires_at < now())`;

/** The leases in the rows of one table. Only rows with the status `running` have one. */
export class LeasedRows<Row extends LeasedRow, Aggregate extends Leased> {
  /** The tokens as they were loaded: only a new lease sets the expiry. */
  private readonly loaded = new WeakMap<Aggregate, string | null>();
  private readonly expiry: string;

  constructor(
    private readonly context: RepositoryContext,
    private readonly schema: EntitySchema<Row>,
    private readonly restore: (row: Row) => Aggregate,
    leaseSeconds: number,
  ) {
    this.expiry = `now() + interval '${leaseSeconds} seconds'`;
  }

  /** Loads one in order to change it, and locks its row. @param whenLocked what to do where another transaction has it */
  async lock(
    condition: string,
    values: readonly unknown[],
    whenLocked: 'skip locked' | '' = '',
  ): Promise<Aggregate | undefined> {
    const locking = `${condition} for no key update ${whenLocked}`;
    const [row] = await this.context.find(this.schema, locking, values);
    if (!row) return undefined;
    const aggregate = this.restore(row);
    this.loaded.set(aggregate, row.leaseToken);
    return aggregate;
  }

  /** The column to be written with its row: nothing where the lease is the one that was loaded. */
  expiryOf(aggregate: Aggregate): { readonly leaseExpiresAt?: Expression | null } {
    const { leaseToken } = aggregate.snapshot();
    if (leaseToken === (this.loaded.get(aggregate) ?? null)) return {};
    return { leaseExpiresAt: leaseToken === null ? null : new Expression(() => this.expiry) };
  }

  /** Renews leases. A token that is not among the answers is lost. */
  renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]> {
    return this.context.query(
      `update ${this.table} set lease_expires_at = ${this.expiry}
        where lease_token = any($1) and status = 'running'
        returning lease_token as token, cancel_requested_at is not null as "cancelRequested"`,
      [tokens],
    );
  }

  /** Gives leases up: from now on their rows are abandoned. */
  release(tokens: readonly string[]): void {
    this.context.write({
      text: `update ${this.table} set lease_token = null, lease_owner = null, lease_expires_at = now() where lease_token = any($1)`,
      values: [tokens],
    });
  }

  private get table(): string {
    return this.schema.options.tableName!;
  }
}
