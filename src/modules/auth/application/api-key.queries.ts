export interface ApiKeyView {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly hint: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export abstract class ApiKeyQueries {
  /** The oldest first; revoked ones too. */
  abstract list(userId: string | undefined): Promise<ApiKeyView[]>;
  /** Whom a secret stands for, unless it is revoked. @param hash of the secret */
  abstract findOwner(hash: Buffer): Promise<string | undefined>;
}
