/** A request that must take effect once, however often it arrives. */
export interface IdempotentRequest {
  readonly userId: string;
  /** Chosen by the client; unique for this user for 24 hours. */
  readonly key: string;
  /** Equal for equal requests (request-fingerprint). */
  readonly fingerprint: Buffer;
}

/** How long a key is kept. */
export const KEY_RETENTION_HOURS = 24;

/**
 * Executes a request once. The first unit of work within `work` takes the key, and stores its outcome in the same
 * transaction. A repeated request gets the stored outcome from its first unit of work, which is skipped.
 *
 * So a request must make all its changes in one unit of work, and answer from that unit's outcome. Alternative units
 * of work need outcomes of the same shape: a repeat may take another branch.
 */
export abstract class Idempotency {
  /**
   * @throws IdempotencyKeyReused out of the unit of work, when another request has the key
   */
  abstract within<T>(request: IdempotentRequest, work: () => Promise<T>): Promise<T>;
}
