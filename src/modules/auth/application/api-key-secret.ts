import { createHash, randomBytes } from 'node:crypto';

const SECRET = /^ar_[\w-]{43}$/;

/** A new secret: 256 random bits, after a prefix by which secret scanners know it. */
export const newSecret = (): string => `ar_${randomBytes(32).toString('base64url')}`;

export const isSecret = (value: string): boolean => SECRET.test(value);

/** Of random bits of this number a plain hash is as good as a slow one: there is nothing to guess. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** So much of it may be shown. */
export const hintOf = (secret: string): string => secret.slice(0, 9);
