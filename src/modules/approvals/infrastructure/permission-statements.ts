import { JsonObject } from '../../../shared/domain/json.js';
import { Statement } from '../../../shared/infrastructure/persistence/row-statements.js';
import { ruleNameOf } from '../../agents/index.js';
import { Permission, REMEMBERED_ARGUMENTS, RememberWhen, WORD_FOR_WORD } from '../domain/remembering.js';
import { PERMISSION } from './approval.row.js';

export interface PermissionRow {
  readonly id: string;
  readonly tool: string;
  readonly when: RememberWhen | null;
  readonly arguments: JsonObject;
  readonly grantedBy: string;
  readonly grantedAt: Date;
}

/** The permissions of a session; a condition on `id`, an order or a limit may follow. Contents of files are not read. */
export const selectPermissions = (sessionId: string): Statement => ({
  text: `
    select id, tool_name as tool, remember_when as "when", decided_by as "grantedBy", decided_at as "grantedAt",
           (select coalesce(jsonb_object_agg(key, value), '{}')
              from jsonb_each(coalesce(modified_arguments, arguments)) where key = any($2)) as arguments
      from approvals
     where session_id = $1 and ${PERMISSION}`,
  values: [sessionId, REMEMBERED_ARGUMENTS],
});

export const toPermission = ({ tool, when, arguments: approved, ...row }: PermissionRow): Permission => ({
  ...row,
  when: when ?? WORD_FOR_WORD,
  approved: { tool: ruleNameOf(tool), arguments: approved },
});
