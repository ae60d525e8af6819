import { describe, expect, it } from 'vitest';
import { describeCall } from './describe-call.ts';

describe('the line of a call', () => {
  it.each([
    ['write_file', { path: 'src/a.ts' }, 'Write', 'src/a.ts'],
    ['move_file', { path: 'a', to: 'b' }, 'Move', 'a → b'],
    ['update_todos', { items: [{ status: 'completed' }, { status: 'pending' }] }, 'To do', '1 of 2 done'],
    ['mcp__tickets__look_up', { number: 7 }, 'tickets: look_up', ''],
    ['constructor', {}, 'constructor', ''],
    ['execute_command', { command: 'rm \u202ex' }, 'Run', 'rm ⟨U+202E⟩x'],
    ['read_file', 'no JSON', 'Read', ''],
    ['read_file', { path: ['a'] }, 'Read', ''],
    ['update_todos', null, 'To do', ''],
  ])('%s %j', (name, args, verb, object) => {
    expect(describeCall(name, args)).toMatchObject({ verb, object });
  });
});
