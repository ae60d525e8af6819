import { ImageFacts } from './image.js';

/** What a session needs bytes for: the instructions of its workspace, or its messages. */
export const BLOB_PURPOSES = ['workspace', 'messages'] as const;

export type BlobPurpose = (typeof BLOB_PURPOSES)[number];

/**
 * Stores bytes of users inside a unit of work, once for each user and hash. Bytes that no session uses are kept for a day after
 * they were stored, and no longer than their last use. Uses are changed with the session locked: what changes here locks the
 * blobs of the user, after that.
 */
export abstract class BlobRepository {
  /**
   * Stores bytes, or keeps those that are there for another day.
   * @param image what they are, if they are an image
   * @returns their hash
   * @throws BlobQuotaExceeded
   */
  abstract put(userId: string, bytes: Uint8Array, image?: ImageFacts): Promise<string>;
  /** Keeps bytes for a session. @throws BlobMissing with the hashes of which the user has stored no bytes */
  abstract use(
    userId: string,
    sessionId: string,
    purpose: BlobPurpose,
    hashes: readonly string[],
  ): Promise<void>;
  /** Ends the uses of a session for a purpose, but for those of some hashes. */
  abstract release(
    userId: string,
    sessionId: string,
    purpose: BlobPurpose,
    except: readonly string[],
  ): Promise<void>;
  /** Ends all uses of a session. */
  abstract forget(userId: string, sessionId: string): Promise<void>;
}
