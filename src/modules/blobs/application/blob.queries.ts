import { ImageFacts } from '../domain/image.js';

// For the API's schemas.
export { IMAGE_TYPES } from '../domain/image.js';

/** An image that a user has stored, without its bytes. */
export interface StoredImage extends ImageFacts {
  /** In bytes. */
  readonly size: number;
}

/** What a user has stored under a hash. */
export interface StoredBytes {
  readonly bytes: Uint8Array;
  /** Null for bytes that are no image. */
  readonly image: ImageFacts | null;
}

/**
 * Reads bytes of users, by hash: what the user has stored and nothing else. What is not there is left out. One adapter works on a
 * connection of its own, the other inside a unit of work.
 */
export abstract class BlobQueries {
  abstract read(userId: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** What the messages of a session use, in base64. */
  abstract readUsed(sessionId: string, hashes: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The sizes in bytes, for hashes that may be those of anything. */
  abstract sizes(userId: string, hashes: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** What is known of images, without those that are none. */
  abstract images(userId: string, hashes: readonly string[]): Promise<ReadonlyMap<string, StoredImage>>;
  abstract find(userId: string, hash: string): Promise<StoredBytes | undefined>;
}
