import { EntitySchema } from 'typeorm';
import { Workspace } from '../domain/workspace.js';

export interface WorkspaceRow {
  readonly sessionId: string;
  readonly digest: string;
  readonly workspace: Workspace;
  /** Null for the one that the session has. */
  readonly replacedAt: Date | null;
}

export const WorkspaceSchema = new EntitySchema<WorkspaceRow>({
  name: 'workspace',
  tableName: 'workspaces',
  columns: {
    sessionId: { type: 'uuid', primary: true },
    digest: { type: 'text', primary: true },
    workspace: { type: 'jsonb' },
    replacedAt: { type: 'timestamptz', nullable: true },
  },
  foreignKeys: [
    {
      name: 'workspaces_session_fk',
      target: 'session',
      columnNames: ['sessionId'],
      referencedColumnNames: ['id'],
    },
  ],
});
