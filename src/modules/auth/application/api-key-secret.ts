import { createHash, randomBytes } from 'node:crypto';

const SECRET = /^ar_[\w-]{43}$/;

/** A new secret: 256 random bits behind a prefix that secret scanners recognise. */
export const newSecret = (): string => `ar_${randomBytes(32).toString('base64url')}`;

export const isSecret = (value: string): boolean => SECRET.test(value);

/** A plain hash is enough: 256 random bits cannot be guessed, so a slow hash adds nothing. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** The part that may be shown. */
export const hintOf = (secret: string): string => secret.slice(0, 9);
