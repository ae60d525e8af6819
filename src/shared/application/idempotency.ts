/** A request that must take effect once, however often it arrives. */
export interface IdempotentRequest {
  readonly userId: string;
  /** What the client calls it; unique for this user for 24 hours. */
  readonly key: string;
  /** Equal for equal requests. */
  readonly fingerprint: Buffer;
}

/** How long a key is kept. */
export const KEY_RETENTION_HOURS = 24;

/**
 * Carries out a request once. The key is taken in the transaction of its effect: the first unit of work that commits
 * within `work` stores what it led to, and the same request again gets that from its own first unit of work, which is
 * not carried out then. So all that a request changes is one unit of work, and what a client is told of it comes out of
 * that one. Where a request may take several ways, each with a unit of work of its own, they leave the same shape behind:
 * the first time and the repeat may go different ways.
 */
export abstract class Idempotency {
  /**
   * @throws IdempotencyKeyReused out of the unit of work, when another request has the key
   */
  abstract within<T>(request: IdempotentRequest, work: () => Promise<T>): Promise<T>;
}
