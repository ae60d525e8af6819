import { describe, expect, it } from 'vitest';
import { isLocalName } from './local-name.js';

describe('the name of a host', () => {
  it.each([
    'localhost',
    'localhost:3000',
    '127.0.0.1',
    '127.0.0.1:3000',
    '10.0.0.7:80',
    '[::1]:3000',
    '',
    undefined,
  ])('is local: %s', (host) => expect(isLocalName(host)).toBe(true));

  it.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '[x:y].evil.example',
    '999.1.1.1',
    'a b',
  ])('is not: %s', (host) => expect(isLocalName(host)).toBe(false));
});
