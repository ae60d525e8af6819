import { EntitySchema } from 'typeorm';
import { FileVersion } from '../domain/file-version.repository.js';

export interface FileVersionRow extends FileVersion {
  /** SHA-256 of the path, which may be longer than a key of an index. */
  readonly pathDigest: Uint8Array;
}

export const FileVersionSchema = new EntitySchema<FileVersionRow>({
  name: 'file_version',
  tableName: 'file_versions',
  columns: {
    sessionId: { type: 'uuid', primary: true },
    thread: { type: 'text', primary: true },
    pathDigest: { type: 'bytea', primary: true },
    path: { type: 'text' },
    hash: { type: 'text' },
    callId: { type: 'uuid', nullable: true },
  },
  foreignKeys: [
    {
      name: 'file_versions_call_fk',
      target: 'tool_call',
      columnNames: ['callId'],
      referencedColumnNames: ['id'],
    },
  ],
});
