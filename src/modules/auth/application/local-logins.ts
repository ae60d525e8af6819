import { Injectable } from '@nestjs/common';
import { Clock } from '../../../shared/domain/clock.js';
import { hashOf, newSecret } from './api-key-secret.js';

/** A browser needs seconds to open a page. */
const OFFER_MS = 60_000;

const nameOf = (secret: string): string => hashOf(secret).toString('hex');

/**
 * Logins of the local user's pages. A page gets a key of its own, which ends with this process: it must not be the key of
 * the user, since a browser keeps it for an address that any user may listen at later.
 */
@Injectable()
export class LocalLogins {
  /** Hashes of tokens that were not redeemed, with their ends. */
  private readonly offers = new Map<string, number>();
  /** Hashes of keys. */
  private readonly keys = new Set<string>();

  constructor(private readonly clock: Clock) {}

  /** @returns a token that can be redeemed once, within a minute */
  offer(): string {
    const now = this.clock.now().getTime();
    for (const [name, until] of this.offers) if (until <= now) this.offers.delete(name);
    const token = newSecret();
    this.offers.set(nameOf(token), now + OFFER_MS);
    return token;
  }

  /** @returns a key of the local user; undefined for a token that is unknown, redeemed or too old */
  redeem(token: string): string | undefined {
    const name = nameOf(token);
    const until = this.offers.get(name);
    this.offers.delete(name);
    if (until === undefined || until <= this.clock.now().getTime()) return undefined;
    const key = newSecret();
    this.keys.add(nameOf(key));
    return key;
  }

  isKey(secret: string): boolean {
    return this.keys.has(nameOf(secret));
  }
}
