import { BlobQueries, StoredBytes, StoredImage } from '../application/blob.queries.js';
import { ImageFacts } from '../domain/image.js';
import { BlobRow, KEPT } from './blob.row.js';

/** What sends a query and waits for the rows: a unit of work, or the database, by a connection of its own. */
interface Reader {
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
}

export class SqlBlobQueries extends BlobQueries {
  constructor(private readonly reader: Reader) {
    super();
  }

  async read(userId: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const rows = await this.reader.query<Pick<BlobRow, 'hash' | 'bytes'>>(
      `select hash, bytes from blobs where user_id = $1 and hash = any($2) and ${KEPT}`,
      [userId, hashes],
    );
    return new Map(rows.map(({ hash, bytes }) => [hash, bytes]));
  }

  /** PostgreSQL breaks base64 into lines. */
  async readUsed(sessionId: string, hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.reader.query<{ hash: string; base64: string }>(
      `select b.hash, replace(encode(b.bytes, 'base64'), e'\\n', '') as base64
        from blob_uses u join blobs b using (user_id, hash)
        where u.session_id = $1 and u.purpose = 'messages' and u.hash = any($2)`,
      [sessionId, hashes],
    );
    return new Map(rows.map(({ hash, base64 }) => [hash, base64]));
  }

  async sizes(userId: string, hashes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.reader.query<Pick<BlobRow, 'hash' | 'size'>>(
      `select hash, size from blobs where user_id = $1 and hash = any($2) and ${KEPT}`,
      [userId, hashes],
    );
    return new Map(rows.map(({ hash, size }) => [hash, size]));
  }

  async images(userId: string, hashes: readonly string[]): Promise<ReadonlyMap<string, StoredImage>> {
    if (hashes.length === 0) return new Map();
    const rows = await this.reader.query<{ hash: string; size: number; image: ImageFacts }>(
      `select hash, size, image from blobs where user_id = $1 and hash = any($2) and image is not null and ${KEPT}`,
      [userId, hashes],
    );
    return new Map(rows.map(({ hash, size, image }) => [hash, { ...image, size }]));
  }

  async find(userId: string, hash: string): Promise<StoredBytes | undefined> {
    const [row] = await this.reader.query<StoredBytes>(
      `select bytes, image from blobs where user_id = $1 and hash = $2 and ${KEPT}`,
      [userId, hash],
    );
    return row;
  }
}
