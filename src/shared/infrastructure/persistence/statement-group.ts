import { Connection, Query, type QueryResult } from 'pg';
import { prepareValue } from 'pg/lib/utils.js';

/** A statement that its connection has prepared by a name. */
export interface PreparedStatement {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** What pg's own class does with a message, which its types do not tell. */
const { handleCommandComplete } = Query.prototype as unknown as {
  handleCommandComplete(this: Query, message: unknown, connection: Connection): void;
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
      else heard([answers].flat() as unknown as QueryResult[]);
    });
    // Before anything is sent: what cannot be made a parameter fails here.
    const bound = statements.map(({ name, values }) => ({
      statement: name,
      values: values.map(prepareValue),
    }));
    this.submit = (connection) => {
      for (const message of bound) {
        connection.bind(message as never, true);
        connection.describe({ type: 'P', name: '' } as never, true);
        connection.execute({ portal: '' } as never, true);
      }
      connection.sync();
      return null;
    };
  }

  /** Called by the client. */
  handleCommandComplete(message: unknown, connection: Connection): void {
    this.carriedOut++;
    handleCommandComplete.call(this, message, connection);
  }
}
