import { describe, expect, it } from 'vitest';
import { changesOf } from './file-changes.ts';

const EDITS = [
  { old_text: 'one', new_text: 'ONE' },
  { old_text: 'two', new_text: 'TWO' },
];

describe('the changes of a call', () => {
  it('are those of the whole file where the session knows it', () => {
    expect(changesOf('edit_file', { edits: EDITS }, 'one\ntwo\n')).toMatchObject({
      changes: [{ before: 'one\ntwo\n', after: 'ONE\nTWO\n' }],
      areOfWhole: true,
    });
    expect(changesOf('write_file', { content: 'new' }, 'old')).toMatchObject({
      changes: [{ before: 'old', after: 'new' }],
    });
    expect(changesOf('delete_file', {}, 'old')).toMatchObject({ changes: [{ before: 'old', after: '' }] });
  });

  it.each([
    ['is not known', undefined],
    ['holds something else', 'three\n'],
  ])('are the places that an edit names where the file %s', (_, known) => {
    expect(changesOf('edit_file', { edits: EDITS }, known)).toMatchObject({
      changes: [
        { before: 'one', after: 'ONE' },
        { before: 'two', after: 'TWO' },
      ],
      areOfWhole: false,
    });
  });

  it.each([
    ['edit_file', { edits: 'all of it' }],
    ['edit_file', { edits: [{ old_text: 1 }] }],
    ['write_file', { content: null }],
    ['write_file', 'no JSON'],
    ['delete_file', {}],
    ['execute_command', { command: 'ls' }],
  ])('are none of %s with %j', (name, args) => expect(changesOf(name, args, undefined)).toBeUndefined());
});
