import { Client, Query, type ClientConfig, type QueryResult } from 'pg';
import { Statement } from './row-statements.js';
import { PreparedStatement, StatementGroup } from './statement-group.js';

/** Of one process: a text that is worded anew each time must not fill PostgreSQL's memory. */
const MOST_PREPARED = 500;

const names = new Map<string, string>();

/** A name for a statement, by which each connection prepares it once. Undefined = it is not prepared. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size === MOST_PREPARED) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
}

const isPrepared = (named: {
  name: string | undefined;
  values: readonly unknown[];
}): named is PreparedStatement => named.name !== undefined;

/**
 * A connection that does not wait for one answer before it sends the next statement, sends what is given to it at one
 * go in one packet, and lets PostgreSQL parse a statement with parameters only once.
 */
export class PipelinedClient extends Client {
  private isGathering = false;

  constructor(config: ClientConfig = {}) {
    super({ ...config, pipeline: true });
  }

  /** Takes and gives whatever the client's does. */
  override query(...given: unknown[]): never {
    this.gather();
    const [text, values, heard] = given;
    const isStatement = typeof text === 'string' && Array.isArray(values) && !heard;
    return (isStatement ? this.prepared(text, values) : super.query(...(given as [string]))) as never;
  }

  private prepared(text: string, values: unknown[]): Promise<QueryResult> {
    // Made here, since the client would copy what it is told property by property.
    const query = Object.assign(new Query(text, values), { name: nameOf(text) });
    return new Promise((resolve, reject) => {
      const heard = (error: Error | null, result: QueryResult) => (error ? reject(error) : resolve(result));
      void super.query(query as never, heard as never);
    });
  }

  /**
   * Statements that belong together, in a transaction: where one fails, those behind it fail as well. Once the connection
   * has prepared all of them they are answered at one go.
   */
  queryAll(statements: readonly Statement[]): Promise<QueryResult>[] {
    const named = statements.map(({ text, values }) => ({ name: this.preparedAs(text), values }));
    if (statements.length === 1 || !named.every(isPrepared)) {
      return statements.map(({ text, values }) => this.query(text, [...values]) as Promise<QueryResult>);
    }
    const answers = statements.map(() => Promise.withResolvers<QueryResult>());
    const group = new StatementGroup(named, (results, failure) => {
      // The one that says why comes first.
      if (failure) answers[failure.index]?.reject(failure.error);
      answers.forEach(({ resolve, reject }, index) =>
        failure ? reject(failure.error) : resolve(results[index]!),
      );
    });
    void this.query(group);
    return answers.map(({ promise }) => promise);
  }

  private preparedAs(text: string): string | undefined {
    const name = nameOf(text);
    const { parsedStatements } = this.connection as unknown as { parsedStatements: Record<string, string> };
    return name !== undefined && parsedStatements[name] === text ? name : undefined;
  }

  /** Until whoever is at work now, and whatever follows from that at once, is done. */
  private gather(): void {
    if (this.isGathering) return;
    this.isGathering = true;
    const { stream } = this.connection;
    stream.cork();
    process.nextTick(() => {
      this.isGathering = false;
      stream.uncork();
    });
  }
}
