/** A secret that stands for a user. Of the secret itself only a hash is kept. */
export interface ApiKey {
  readonly id: string;
  readonly userId: string;
  /** What its owner calls it: the machine or the program that uses it. */
  readonly name: string;
  /** The beginning of the secret, to tell keys apart. */
  readonly hint: string;
  readonly hash: Buffer;
  readonly createdAt: Date;
}
