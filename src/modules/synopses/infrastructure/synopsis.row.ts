import { EntitySchema } from 'typeorm';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { SYNOPSIS_KINDS, SynopsisState, SynopsisVersion } from '../domain/synopsis.js';

export const SynopsisSchema = new EntitySchema<SynopsisState>({
  name: 'synopsis',
  tableName: 'synopses',
  columns: {
    id: { name: 'session_id', type: 'uuid', primary: true },
    liveVersion: { type: 'integer' },
    createdAt: { type: 'timestamptz' },
    updatedAt: { type: 'timestamptz' },
    version: { type: 'integer' },
  },
  foreignKeys: [
    {
      // The database guarantees that the live version exists.
      name: 'synopses_live_fk',
      target: 'synopsis_version',
      columnNames: ['id', 'liveVersion'],
      referencedColumnNames: ['sessionId', 'version'],
    },
  ],
});

export const SynopsisVersionSchema = new EntitySchema<SynopsisVersion>({
  name: 'synopsis_version',
  tableName: 'synopsis_versions',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    version: { type: 'integer' },
    title: { type: 'text' },
    items: { type: 'jsonb' },
    kind: { type: 'text' },
    coversUpTo: { type: 'integer' },
    coversUpToMessageId: { type: 'uuid', nullable: true },
    jobId: { type: 'uuid', nullable: true },
    author: { type: 'text', nullable: true },
    createdAt: { type: 'timestamptz' },
  },
  foreignKeys: [
    {
      name: 'synopsis_versions_session_fk',
      target: 'session',
      columnNames: ['sessionId'],
      referencedColumnNames: ['id'],
    },
  ],
  uniques: [{ name: 'synopsis_versions_version', columns: ['sessionId', 'version'] }],
  checks: [
    { name: 'synopsis_versions_from_one', expression: 'version >= 1' },
    { name: 'synopsis_versions_kind', expression: oneOf('kind', SYNOPSIS_KINDS) },
    { name: 'synopsis_versions_generated', expression: `(kind = 'generated') = (job_id IS NOT NULL)` },
    { name: 'synopsis_versions_edited', expression: `(kind = 'edited') = (author IS NOT NULL)` },
    {
      name: 'synopsis_versions_coverage',
      expression: '(covers_up_to = 0) = (covers_up_to_message_id IS NULL)',
    },
  ],
});
