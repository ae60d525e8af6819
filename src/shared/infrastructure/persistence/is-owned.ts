import { isId } from '../../domain/ids.js';
import { RepositoryContext } from './repository-context.js';

/** Whether something is a user's: it is, as long as its session is there. */
export async function isOwned(
  context: RepositoryContext,
  table: 'runs' | 'plans' | 'jobs',
  id: string,
  userId: string,
): Promise<boolean> {
  if (!isId(id)) return false;
  const rows = await context.query(
    `select 1 from ${table} t join sessions s on s.id = t.session_id and s.deleted_at is null
      where t.id = $1 and t.user_id = $2`,
    [id, userId],
  );
  return rows.length > 0;
}
