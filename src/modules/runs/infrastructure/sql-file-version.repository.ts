import { createHash } from 'node:crypto';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { FileVersion, FileVersionRepository } from '../domain/file-version.repository.js';

const NEWEST = `
  select path, hash from file_versions where session_id = $1 and thread = $2 and path_digest = any($3)`;

const PUT = `
  insert into file_versions (session_id, thread, path_digest, path, hash, call_id) values ($1, $2, $3, $4, $5, $6)
  on conflict (session_id, thread, path_digest) do update set hash = excluded.hash, call_id = excluded.call_id`;

const FORGET = 'delete from file_versions where session_id = $1 and thread = $2 and path_digest = $3';

export class SqlFileVersionRepository extends FileVersionRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async newest(
    sessionId: string,
    thread: string,
    paths: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const values = [sessionId, thread, paths.map(digestOf)];
    const rows = await this.context.query<Pick<FileVersion, 'path' | 'hash'>>(NEWEST, values);
    return new Map(rows.map(({ path, hash }) => [path, hash]));
  }

  put({ sessionId, thread, path, hash, callId }: FileVersion): void {
    this.context.write({ text: PUT, values: [sessionId, thread, digestOf(path), path, hash, callId] });
  }

  forget(sessionId: string, thread: string, path: string): void {
    this.context.write({ text: FORGET, values: [sessionId, thread, digestOf(path)] });
  }
}

const digestOf = (path: string): Buffer => createHash('sha256').update(path).digest();
