import { DeclaredTool, RefusedTool, ToolList } from '../domain/declared-tool.js';
import { StoredTools } from '../domain/tool-list.repository.js';

/** What sends a query and waits for the rows: a unit of work, or the database, by a connection of its own. */
interface Reader {
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
}

/** The columns of a list, named by property. */
export const LIST_COLUMNS = `session_id as "sessionId", client_id as "clientId", tools, ttl_seconds as "ttlSeconds",
  expires_at as "expiresAt"`;

/**
 * SQL: whether a client declares a tool of this name now. Names spare the reading of schemas; the release before stores none.
 * @param call the alias of a tool call
 */
export const isAvailable = (call: string): string => `exists (
  select from client_tools o
   where o.session_id = ${call}.session_id and o.expires_at > now()
     and (${call}.tool_name = any(o.names)
          or o.tools::jsonb @> jsonb_build_array(jsonb_build_object('name', ${call}.tool_name))))`;

export class SqlStoredTools extends StoredTools {
  constructor(private readonly reader: Reader) {
    super();
  }

  listLive(sessionId: string): Promise<ToolList[]> {
    return this.reader.query(
      `select ${LIST_COLUMNS} from client_tools where session_id = $1 and expires_at > now() order by client_id`,
      [sessionId],
    );
  }

  listRefused(sessionId: string): Promise<RefusedTool[]> {
    return this.reader.query(
      'select digest, model, refused_at as "refusedAt" from refused_tools where session_id = $1',
      [sessionId],
    );
  }

  async find(sessionId: string, digest: string): Promise<readonly DeclaredTool[] | undefined> {
    const [row] = await this.reader.query<{ tools: DeclaredTool[] }>(
      'select tools from tool_lists where session_id = $1 and digest = $2',
      [sessionId, digest],
    );
    return row?.tools;
  }
}
