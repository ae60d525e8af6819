import { expect, it } from 'vitest';
import { idsOfCalls } from './drafted-calls.js';

const drafted = (...names: string[]) => names.map((toolName, n) => ({ callId: `drafted ${n}`, toolName }));

it.each<[string, string[], string[], string[]]>([
  ['as it was announced', ['read', 'write'], ['read', 'write'], ['drafted 0', 'drafted 1']],
  ['of several of one tool, in their order', ['read', 'read'], ['read', 'read'], ['drafted 0', 'drafted 1']],
  ['that was not announced', ['ask', 'read'], ['read'], ['new 1', 'drafted 0']],
  ['announced by half of its name', ['edit_files', 'read'], ['edit_file', 'read'], ['new 1', 'drafted 1']],
  ['more often than it was announced', ['read', 'read'], ['read'], ['drafted 0', 'new 1']],
])('a call gets its id: %s', (_what, called, announced, ids) => {
  let made = 0;
  expect(idsOfCalls(called, drafted(...announced), { next: () => `new ${++made}` })).toEqual(ids);
});
