import { createHash } from 'node:crypto';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { BlobMissing, BlobQuotaExceeded } from '../domain/blob.errors.js';
import { BlobPurpose, BlobRepository } from '../domain/blob.repository.js';
import { ImageFacts } from '../domain/image.js';
import { KEPT } from './blob.row.js';

/** In bytes: what a row costs at least counts, so that a quota also limits their number. */
const LEAST_SIZE = 4096;

const A_DAY_ON = `now() + interval '1 day'`;

export class SqlBlobRepository extends BlobRepository {
  /** @param quota of one user, in bytes; 0 = no limit */
  constructor(
    private readonly context: RepositoryContext,
    private readonly quota: number,
  ) {
    super();
  }

  async put(userId: string, bytes: Uint8Array, image?: ImageFacts): Promise<string> {
    const hash = createHash('sha256').update(bytes).digest('hex');
    this.lock(userId);
    const kept = await this.context.query(
      `update blobs set expires_at = case when expires_at is not null then ${A_DAY_ON} end
        where user_id = $1 and hash = $2 returning 1`,
      [userId, hash],
    );
    if (kept.length > 0) return hash;
    await this.requireRoom(userId, bytes.length);
    this.context.write({
      text: `insert into blobs (user_id, hash, bytes, size, image, expires_at) values ($1, $2, $3, $4, $5, ${A_DAY_ON})`,
      values: [userId, hash, bytes, bytes.length, image ? JSON.stringify(image) : null],
    });
    return hash;
  }

  async use(
    userId: string,
    sessionId: string,
    purpose: BlobPurpose,
    hashes: readonly string[],
  ): Promise<void> {
    this.lock(userId);
    // Row locks, because the pruner does not take that of the user.
    const found = await this.context.query<{ hash: string }>(
      `select hash from blobs where user_id = $1 and hash = any($2) and ${KEPT} for update`,
      [userId, hashes],
    );
    const stored = new Set(found.map(({ hash }) => hash));
    const missing = [...new Set(hashes)].filter((hash) => !stored.has(hash));
    if (missing.length > 0) throw new BlobMissing(missing);
    this.context.write({
      text: 'update blobs set expires_at = null where user_id = $1 and hash = any($2) and expires_at is not null',
      values: [userId, hashes],
    });
    this.context.write({
      text: `insert into blob_uses (user_id, hash, session_id, purpose)
             select $1, hash, $3, $4 from unnest($2::text[]) as hash on conflict do nothing`,
      values: [userId, hashes, sessionId, purpose],
    });
  }

  async release(
    userId: string,
    sessionId: string,
    purpose: BlobPurpose,
    except: readonly string[],
  ): Promise<void> {
    this.end(userId, sessionId, 'and purpose = $3 and hash <> all($4)', [purpose, except]);
  }

  async forget(userId: string, sessionId: string): Promise<void> {
    this.end(userId, sessionId, '', []);
  }

  /** @param which uses of the session, as a further condition */
  private end(userId: string, sessionId: string, which: string, values: readonly unknown[]): void {
    this.lock(userId);
    this.context.write({
      text: `with ended as (
               delete from blob_uses where user_id = $1 and session_id = $2 ${which}
               returning hash, session_id, purpose
             )
             update blobs b set expires_at = now() from ended e
              where b.user_id = $1 and b.hash = e.hash and not exists (
                select from blob_uses u where u.user_id = $1 and u.hash = b.hash
                   and (u.session_id, u.purpose, u.hash) not in (select session_id, purpose, hash from ended))`,
      values: [userId, sessionId, ...values],
    });
  }

  /** One unit of work at a time changes what a user has stored. */
  private lock(userId: string): void {
    this.context.write({
      text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
      values: [`blobs ${userId}`],
    });
  }

  private async requireRoom(userId: string, size: number): Promise<void> {
    if (this.quota === 0) return;
    const [row] = await this.context.query<{ stored: number }>(
      `select coalesce(sum(greatest(size, ${LEAST_SIZE})), 0)::float8 as stored from blobs where user_id = $1`,
      [userId],
    );
    if (row!.stored + Math.max(size, LEAST_SIZE) > this.quota) throw new BlobQuotaExceeded(this.quota);
  }
}
