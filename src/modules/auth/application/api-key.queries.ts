export interface ApiKeyView {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly hint: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export abstract class ApiKeyQueries {
  /** Oldest first, including revoked keys. */
  abstract list(userId: string | undefined): Promise<ApiKeyView[]>;
  /** The user of a key; undefined for unknown and revoked keys. @param hash of the secret */
  abstract findOwner(hash: Buffer): Promise<string | undefined>;
}
