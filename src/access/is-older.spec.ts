import { expect, it } from 'vitest';
import { isOlder } from './is-older.js';

it.each([
  ['0.1.0', '0.2.0', true],
  ['0.9.0', '0.10.0', true],
  ['0.1.1', '1.0.0', true],
  ['0.1.0', '0.1.0', false],
  ['0.2.0', '0.1.9', false],
  ['1.0.0', '0.9.9', false],
  ['1.0.0-rc.1', '1.0.0', false],
  ['unknown', '1.0.0', false],
])('of %s and %s: %s', (version, than, older) => {
  expect(isOlder(version, than)).toBe(older);
});
