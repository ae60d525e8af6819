import { EntitySchema } from 'typeorm';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { SessionState } from '../domain/session.js';
import { TITLE_SOURCES } from '../domain/title.js';

const OPEN = '((deleted_at IS NULL) AND (archived_at IS NULL))';
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
  ],
  checks: [{ name: 'sessions_title_source', expression: oneOf('title_source', TITLE_SOURCES) }],
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
