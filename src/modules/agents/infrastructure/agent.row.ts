import { EntitySchema } from 'typeorm';
import { StoredAgent } from '../domain/agent.repository.js';

export const AgentSchema = new EntitySchema<StoredAgent>({
  name: 'agent',
  tableName: 'agents',
  columns: {
    owner: { type: 'text', primary: true },
    id: { type: 'text', primary: true },
    version: { type: 'integer', primary: true },
    definition: { type: 'text' },
    digest: { type: 'text' },
    createdAt: { type: 'timestamptz' },
    archivedAt: { type: 'timestamptz', nullable: true },
  },
  indices: [
    { name: 'agents_current', columns: ['owner', 'id'], unique: true, where: '(archived_at IS NULL)' },
    { name: 'agents_id', columns: ['id', 'version'] },
  ],
  checks: [
    { name: 'agents_version', expression: 'version > 0' },
    { name: 'agents_digest', expression: `digest ~ '^[0-9a-f]{64}$'` },
  ],
});
