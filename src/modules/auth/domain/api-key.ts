/** A secret that identifies a user. Only a hash of it is stored. */
export interface ApiKey {
  readonly id: string;
  readonly userId: string;
  /** Chosen by the owner: the machine or program that uses the key. */
  readonly name: string;
  /** The first characters of the secret, to tell keys apart. */
  readonly hint: string;
  readonly hash: Buffer;
  readonly createdAt: Date;
}
