import { expect, it } from 'vitest';
import { wishIn } from './commands.js';

it.each([
  ['/coder do it', { kind: 'message', agent: 'coder' }, 'do it'],
  ['/ask\nwhy?', { kind: 'message', agent: 'ask' }, 'why?'],
  ['/coder', { kind: 'message' }, '/coder'],
  ['/continue', { kind: 'continue' }, ''],
  [' /cancel-plan \n', { kind: 'cancel-plan' }, ''],
  ['/continue with the tests', { kind: 'message' }, '/continue with the tests'],
  ['/usr/bin is what?', { kind: 'message' }, '/usr/bin is what?'],
  ['/toString x', { kind: 'message' }, '/toString x'],
  ['do /retry', { kind: 'message' }, 'do /retry'],
])('%j', (text, wish, rest) => {
  expect(wishIn(text)).toEqual({ wish, rest });
});
