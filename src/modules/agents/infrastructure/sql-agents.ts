import { INSTALLATION } from '../domain/agent.js';
import { AgentVersion, StoredAgent, StoredAgents } from '../domain/agent.repository.js';

/** What sends a query and waits for the rows: a unit of work, or the database, by a connection of its own. */
interface Reader {
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
}

export class SqlAgents extends StoredAgents {
  /** @param columns of the table, named by property */
  constructor(
    private readonly reader: Reader,
    private readonly columns: string,
  ) {
    super();
  }

  listCurrent(owner: string): Promise<(AgentVersion & Pick<StoredAgent, 'digest'>)[]> {
    return this.reader.query(
      'select id, version, digest from agents where owner = $1 and archived_at is null order by id',
      [owner],
    );
  }

  load(owner: string, versions: readonly AgentVersion[]): Promise<StoredAgent[]> {
    return this.reader.query(
      `select ${this.columns} from agents
        where owner = $1 and (id, version) in (select * from unnest($2::text[], $3::integer[]))`,
      [owner, versions.map(({ id }) => id), versions.map(({ version }) => version)],
    );
  }

  newest(owner: string, id: string): Promise<StoredAgent | undefined> {
    return this.one('owner = $1 and id = $2 order by version desc limit 1', [owner, id]);
  }

  find(userId: string, id: string, version: number): Promise<StoredAgent | undefined> {
    return this.one('id = $1 and version = $2 and owner in ($3, $4)', [id, version, userId, INSTALLATION]);
  }

  private async one(condition: string, values: readonly unknown[]): Promise<StoredAgent | undefined> {
    const [row] = await this.reader.query<StoredAgent>(
      `select ${this.columns} from agents where ${condition}`,
      values,
    );
    return row;
  }
}
