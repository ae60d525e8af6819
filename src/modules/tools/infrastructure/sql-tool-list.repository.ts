import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { KeptList, RefusedTool, ToolList } from '../domain/declared-tool.js';
import { ToolListRepository } from '../domain/tool-list.repository.js';
import { LIST_COLUMNS } from './sql-stored-tools.js';

const EXPIRY = `now() + make_interval(secs => ttl_seconds)`;

export class SqlToolListRepository extends ToolListRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async put({ sessionId, clientId, tools, ttlSeconds }: Omit<ToolList, 'expiresAt'>): Promise<ToolList> {
    // Those of windows that were closed long ago.
    this.context.write({
      text: 'delete from client_tools where session_id = $1 and client_id <> $2 and expires_at <= now()',
      values: [sessionId, clientId],
    });
    const [row] = await this.context.query<ToolList>(
      `insert into client_tools (session_id, client_id, tools, names, ttl_seconds, expires_at)
       values ($1, $2, $3, $4, $5::integer, now() + make_interval(secs => $5::integer))
       on conflict (session_id, client_id) do update
         set tools = excluded.tools, names = excluded.names,
             ttl_seconds = excluded.ttl_seconds, expires_at = excluded.expires_at
       returning ${LIST_COLUMNS}`,
      [sessionId, clientId, JSON.stringify(tools), tools.map(({ name }) => name), ttlSeconds],
    );
    return row!;
  }

  renew(sessionId: string, clientId: string): void {
    this.context.write({
      text: `update client_tools set expires_at = ${EXPIRY}
              where session_id = $1 and client_id = $2 and expires_at > now()`,
      values: [sessionId, clientId],
    });
  }

  delete(sessionId: string, clientId: string): void {
    this.context.write({
      text: 'delete from client_tools where session_id = $1 and client_id = $2',
      values: [sessionId, clientId],
    });
  }

  keep(sessionId: string, { digest, tools }: KeptList): void {
    this.context.write({
      text: `insert into tool_lists (session_id, digest, tools, created_at) values ($1, $2, $3, now())
             on conflict do nothing`,
      values: [sessionId, digest, JSON.stringify(tools)],
    });
  }

  refuse(sessionId: string, { digest, model }: Pick<RefusedTool, 'digest' | 'model'>): void {
    this.context.write({
      text: `insert into refused_tools (session_id, digest, model, refused_at) values ($1, $2, $3, now())
             on conflict do nothing`,
      values: [sessionId, digest, model],
    });
  }

  forget(sessionId: string): void {
    for (const table of ['client_tools', 'tool_lists', 'refused_tools']) {
      this.context.write({ text: `delete from ${table} where session_id = $1`, values: [sessionId] });
    }
  }
}
