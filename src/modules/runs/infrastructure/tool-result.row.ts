import { EntitySchema } from 'typeorm';
import { ToolResult } from '../domain/tool-result.repository.js';

export interface ToolResultRow extends ToolResult {
  readonly expiresAt: Date;
}

/** What is still kept, whether or not the pruner has seen that it has expired. */
export const KEPT = 'expires_at > now()';

export const ToolResultSchema = new EntitySchema<ToolResultRow>({
  name: 'tool_result',
  tableName: 'tool_results',
  columns: {
    callId: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    content: { type: 'text' },
    expiresAt: { type: 'timestamptz' },
  },
  foreignKeys: [
    {
      name: 'tool_results_call_fk',
      target: 'tool_call',
      columnNames: ['callId'],
      referencedColumnNames: ['id'],
    },
  ],
  indices: [
    { name: 'tool_results_expiry', columns: ['expiresAt'] },
    { name: 'tool_results_session', columns: ['sessionId'] },
  ],
});
