import { CLIENT_TOOL, isClientTool } from '../../../shared/domain/tool-source.js';
import { Permission, isWordForWord } from './remembering.js';

/** A permission as clients see it. */
export const toPermissionView = ({ id, when, approved, grantedBy, grantedAt }: Permission) => ({
  id,
  tool_name: approved.tool.replace(CLIENT_TOOL, ''),
  arguments: isClientTool(approved.tool) ? {} : approved.arguments,
  remember_when: isWordForWord(when) ? null : { ...when },
  granted_by: grantedBy,
  granted_at: grantedAt.toISOString(),
});
