import { createRequire } from 'node:module';
import { Connection, Query, type QueryResult } from 'pg';

/** A statement that its connection has prepared by a name. */
export interface PreparedStatement {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** How pg makes a parameter of a value; not in its types. */
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils.js') as {
  prepareValue(this: void, value: unknown): string | Buffer | null;
};

/** What pg's own class does with a message, which its types do not tell. */
const gathering = Query.prototype as unknown as {
  handleCommandComplete(message: unknown, connection: Connection): void;
};

/**
 * Prepared statements that PostgreSQL answers at one go: an answer to each would cost both sides more than most
 * statements do (its manual, Pipelining in the extended query protocol). Where one fails, those behind it are not
 * carried out.
 */
export class StatementGroup extends Query {
  private carriedOut = 0;

  /** @param heard gets all the answers, or the first error and which statement has failed */
  constructor(
    statements: readonly PreparedStatement[],
    heard: (answers: readonly QueryResult[], failure?: { error: Error; index: number }) => void,
  ) {
    super('', (error, answers) => {
      // pg makes an array of more than one answer.
      if (error) heard([], { error, index: this.carriedOut });
      else heard([answers].flat());
    });
    // Before anything is sent: what cannot be made a parameter fails here.
    const bound = statements.map(({ name, values }) => ({
      statement: name,
      values: values.map(prepareValue),
    }));
    this.submit = (connection) => {
      for (const message of bound) {
        connection.bind(message, true);
        connection.describe({ type: 'P', name: '' }, true);
        connection.execute({ portal: '' }, true);
      }
      connection.sync();
      return null;
    };
  }

  /** Called by the client. */
  handleCommandComplete(message: unknown, connection: Connection): void {
    this.carriedOut++;
    gathering.handleCommandComplete.call(this, message, connection);
  }
}
