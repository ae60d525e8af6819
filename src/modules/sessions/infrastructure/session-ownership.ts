import { EntitySchema } from 'typeorm';
import { isId } from '../../../shared/domain/ids.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';

/** What belongs to a session. */
interface OwnedRow {
  readonly id: string;
  readonly sessionId: string;
  readonly userId: string;
}

/** SQL: a join that keeps the rows whose session is not deleted; those of a deleted one belong to no user any more. */
export const joinSession = (alias: string): string =>
  `join sessions s on s.id = ${alias}.session_id and s.deleted_at is null`;

/** Whether a row of this table is the user's, and its session is not deleted. */
export async function isOwned<Row extends OwnedRow>(
  context: RepositoryContext,
  { options }: EntitySchema<Row>,
  id: string,
  userId: string,
): Promise<boolean> {
  if (!isId(id)) return false;
  const rows = await context.query(
    `select 1 from ${options.tableName} t ${joinSession('t')} where t.id = $1 and t.user_id = $2`,
    [id, userId],
  );
  return rows.length > 0;
}
