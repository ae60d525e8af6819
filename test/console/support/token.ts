import { createHmac } from 'node:crypto';

export const SECRET = 'a secret of thirty-two characters';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token that a server with this secret takes. */
export function tokenOf(user: string, seconds: number): string {
  const now = Math.floor(Date.now() / 1000);
  const head = `${part({ alg: 'HS256' })}.${part({ sub: user, iat: now, exp: now + seconds })}`;
  return `${head}.${createHmac('sha256', SECRET).update(head).digest('base64url')}`;
}
