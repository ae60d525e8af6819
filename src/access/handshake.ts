import { createHmac, timingSafeEqual } from 'node:crypto';

/** Where the daemon is asked who it is; only on its socket. */
export const HELLO = '/daemon/hello';
/** Where a key gets a token that signs a page in, once; only on its socket. */
export const OFFER_LOGIN = '/daemon/login';

/** What a daemon says of itself. */
export interface Identity {
  readonly pid: number;
  /** Of its page, on a port of this machine. */
  readonly url: string;
  readonly version: string;
  /** Of the setup file that it has begun with. */
  readonly setup: string;
  /** Whether it takes no new work any more. */
  readonly isEnding: boolean;
}

export interface Hello extends Identity {
  readonly proof: string;
}

/** Shows that the key is known, without telling it, for one question and what is answered to it. */
export function proofOf(
  key: string,
  nonce: string,
  { pid, url, version, setup, isEnding }: Identity,
): string {
  const said = JSON.stringify(['agent-runtime daemon', nonce, pid, url, version, setup, isEnding]);
  return createHmac('sha256', key).update(said).digest('hex');
}

export function isProven(key: string, nonce: string, hello: Hello): boolean {
  const right = Buffer.from(proofOf(key, nonce, hello));
  const given = Buffer.from(typeof hello.proof === 'string' ? hello.proof : '');
  return given.length === right.length && timingSafeEqual(given, right);
}
