import { EntitySchema } from 'typeorm';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { APPROVAL_MODES } from '../../../shared/domain/approval-mode.js';
import { SessionState } from '../domain/session.js';
import { TITLE_SOURCES } from '../domain/title.js';

const OPEN = '((deleted_at IS NULL) AND (archived_at IS NULL))';
const WITH_WORKSPACE = '((deleted_at IS NULL) AND (workspace_name IS NOT NULL))';
const ARCHIVED = '((deleted_at IS NULL) AND (archived_at IS NOT NULL))';

/** TypeORM's types do not support a recursive type such as JsonObject, so metadata is any object here. */
export interface SessionRow extends Omit<SessionState, 'metadata'> {
  readonly metadata: object;
  /** The number of messages, which is the position of the newest. Changed by appending only, never by the aggregate. */
  readonly messageCount: number;
}

export const SessionSchema = new EntitySchema<SessionRow>({
  name: 'session',
  tableName: 'sessions',
  columns: {
    id: { type: 'uuid', primary: true },
    userId: { type: 'text' },
    title: { type: 'text' },
    titleSource: { type: 'text', nullable: true },
    agent: { type: 'text' },
    agentChosenByUser: { type: 'boolean' },
    model: { type: 'text', nullable: true },
    reasoningEffort: { type: 'text', nullable: true },
    approvalMode: { type: 'text', nullable: true },
    builtinTools: { type: 'jsonb', nullable: true },
    fileHashes: { type: 'boolean', default: false },
    todos: { type: 'jsonb', nullable: true },
    claimsRequired: { type: 'boolean', default: false },
    workspaceName: { type: 'text', nullable: true },
    workspaceDigest: { type: 'text', nullable: true },
    git: { type: 'jsonb', nullable: true },
    metadata: { type: 'jsonb' },
    messageCount: { type: 'integer', default: 0 },
    createdAt: { type: 'timestamptz' },
    updatedAt: { type: 'timestamptz' },
    archivedAt: { type: 'timestamptz', nullable: true },
    deletedAt: { type: 'timestamptz', nullable: true },
    version: { type: 'integer' },
  },
  indices: [
    { name: 'sessions_user_id', columns: ['userId', 'id'], where: '(deleted_at IS NULL)' },
    { name: 'sessions_open', columns: ['userId', 'id'], where: OPEN },
    { name: 'sessions_open_updated', columns: ['userId', 'updatedAt', 'id'], where: OPEN },
    { name: 'sessions_archived', columns: ['userId', 'id'], where: ARCHIVED },
    { name: 'sessions_archived_updated', columns: ['userId', 'updatedAt', 'id'], where: ARCHIVED },
    { name: 'sessions_workspace', columns: ['userId', 'workspaceName', 'id'], where: WITH_WORKSPACE },
    {
      name: 'sessions_workspace_updated',
      columns: ['userId', 'workspaceName', 'updatedAt', 'id'],
      where: WITH_WORKSPACE,
    },
  ],
  checks: [
    { name: 'sessions_title_source', expression: oneOf('title_source', TITLE_SOURCES) },
    { name: 'sessions_approval_mode', expression: oneOf('approval_mode', APPROVAL_MODES) },
  ],
});

export interface AgentSwitchRow {
  id: string;
  sessionId: string;
  runId: string | null;
  fromAgent: string;
  toAgent: string;
  reason: string;
  confidence: string | null;
  createdAt: Date;
}

export const AgentSwitchSchema = new EntitySchema<AgentSwitchRow>({
  name: 'agent_switch',
  tableName: 'agent_switches',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    runId: { type: 'uuid', nullable: true },
    fromAgent: { type: 'text' },
    toAgent: { type: 'text' },
    reason: { type: 'text' },
    confidence: { type: 'text', nullable: true },
    createdAt: { type: 'timestamptz' },
  },
  foreignKeys: [
    {
      name: 'agent_switches_session_fk',
      target: 'session',
      columnNames: ['sessionId'],
      referencedColumnNames: ['id'],
    },
  ],
  indices: [{ name: 'agent_switches_session', columns: ['sessionId', 'createdAt'] }],
});
