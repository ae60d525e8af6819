import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { INSTALLATION } from '../domain/agent.js';
import { AgentRepository, AgentVersion, StoredAgent } from '../domain/agent.repository.js';
import { AgentSchema } from './agent.row.js';

export class SqlAgentRepository extends AgentRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  lock(owner: string, how?: 'share'): void {
    this.context.write({
      text: `select pg_advisory_xact_lock${how === 'share' ? '_shared' : ''}(hashtextextended($1, 0))`,
      values: [`agents ${owner}`],
    });
  }

  listNewest(owner: string): Promise<Omit<StoredAgent, 'definition'>[]> {
    return this.context.query(
      `select distinct on (id) owner, id, version, digest, created_at as "createdAt", archived_at as "archivedAt"
         from agents where owner = $1 order by id, version desc`,
      [owner],
    );
  }

  async add(agent: Pick<StoredAgent, 'owner' | 'id' | 'definition' | 'digest'>): Promise<StoredAgent> {
    this.archive(agent.owner, agent.id);
    const [row] = await this.context.query<StoredAgent>(
      `insert into agents (owner, id, version, definition, digest, created_at)
       select $1, $2, coalesce(max(version), 0) + 1, $3, $4, now()
         from agents where id = $2 and ($1 = $5 or owner in ($1, $5))
       returning ${this.context.columnsOf(AgentSchema)}`,
      [agent.owner, agent.id, agent.definition, agent.digest, INSTALLATION],
    );
    return row!;
  }

  restore(owner: string, { id, version }: AgentVersion): void {
    this.context.write({
      text: 'update agents set archived_at = null where owner = $1 and id = $2 and version = $3',
      values: [owner, id, version],
    });
  }

  archive(owner: string, id: string): void {
    this.context.write({
      text: 'update agents set archived_at = now() where owner = $1 and id = $2 and archived_at is null',
      values: [owner, id],
    });
  }
}
