import { beforeEach, describe, expect, it } from 'vitest';
import { LocalLogins } from './local-logins.js';

describe('A login of a page', () => {
  let now: number;
  let logins: LocalLogins;

  beforeEach(() => {
    now = 0;
    logins = new LocalLogins({ now: () => new Date(now) });
  });

  it('is a key of its own, for a token that counts once', () => {
    const token = logins.offer();
    const key = logins.redeem(token)!;
    expect(logins.isKey(key)).toBe(true);
    expect(logins.isKey(token)).toBe(false);
    expect(logins.redeem(token)).toBeUndefined();
    expect(logins.redeem(key)).toBeUndefined();
  });

  it('is not to be had after a minute', () => {
    const [early, late] = [logins.offer(), logins.offer()];
    now = 59_999;
    expect(logins.redeem(early)).toBeDefined();
    now = 60_000;
    expect(logins.redeem(late)).toBeUndefined();
  });
});
