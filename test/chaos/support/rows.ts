import { TestDatabase } from '../../support/database.js';

const TABLES = [
  'sessions',
  'messages',
  'runs',
  'tool_calls',
  'llm_calls',
  'approvals',
  'plans',
  'subtasks',
  'agent_switches',
  'synopses',
  'synopsis_versions',
  'event_streams',
  'events',
  'deltas',
] as const;

/** Every row that belongs to a session, as text by table: to see whether something has changed. */
export async function rowsOf(database: TestDatabase, sessionId: string): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const table of TABLES) {
    const where =
      table === 'sessions'
        ? 'id = $1'
        : table === 'subtasks'
          ? 'plan_id in (select id from plans where session_id = $1)'
          : 'session_id = $1';
    const found = await database.rows<{ row: string }>(
      `select to_jsonb(t)::text as row from ${table} t where ${where} order by 1`,
      [sessionId],
    );
    rows[table] = found.map(({ row }) => row);
  }
  return rows;
}
