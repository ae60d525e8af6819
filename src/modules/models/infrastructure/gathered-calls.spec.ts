import { describe, expect, it } from 'vitest';
import { GatheredCalls } from './gathered-calls.js';
import { CallPiece } from './openai-chunk.js';

const piece = (given: Partial<CallPiece>): CallPiece => ({
  index: undefined,
  id: '',
  name: '',
  arguments: '',
  signed: {},
  isWhole: false,
  ...given,
});

function gather(pieces: readonly Partial<CallPiece>[]) {
  const calls = new GatheredCalls();
  for (const each of pieces) calls.add(piece(each));
  return calls.complete().map(({ toolName, arguments: args }) => `${toolName} ${args}`);
}

const A = 'read {"path":"a"}';
const B = 'read {"path":"b"}';
const LIST = 'list {}';

/** A piece with the name, and the arguments in two more. */
const headed = ({ index, id }: Partial<CallPiece>, path: string): Partial<CallPiece>[] => [
  { index, ...(id !== undefined && { id }), name: 'read' },
  { index, arguments: '{"path":' },
  { index, arguments: `"${path}"}` },
];

describe('tool calls in pieces', () => {
  it.each<[string, Partial<CallPiece>[], string[]]>([
    [
      'the name in every piece',
      ['{"path":', '"a"', '}'].map((args) => ({ index: 0, id: 'c', name: 'read', arguments: args })),
      [A],
    ],
    [
      'a name that grows',
      [
        { index: 0, name: 're' },
        { index: 0, name: 'read', arguments: '{"path":"a"}' },
      ],
      [A],
    ],
    [
      'a name in two pieces',
      [
        { index: 0, id: 'c', name: 're' },
        { index: 0, name: 'ad', arguments: '{"path":"a"}' },
      ],
      [A],
    ],
    [
      'another id in every piece of one index',
      ['{"path":', '"a"', '}'].map((args, n) => ({
        index: 0,
        id: `c${n}`,
        arguments: args,
        ...(n === 0 && { name: 'read' }),
      })),
      [A],
    ],
    [
      'another id, and the name, in every piece of one index',
      ['', '{"path":', '"a"}'].map((args, n) => ({ index: 0, id: `c${n}`, name: 'read', arguments: args })),
      [A],
    ],
    [
      'the same of two calls',
      ['{"path":', '"a"}', '{"path":"b"}'].map((args, n) => ({
        index: 0,
        id: `c${n}`,
        name: 'read',
        arguments: args,
      })),
      [A, B],
    ],
    [
      'one index and no id',
      ['{"path":"a"}', '{"path":"b"}'].map((args) => ({ index: 0, name: 'read', arguments: args })),
      [A, B],
    ],
    [
      'neither index nor id',
      [
        { name: 'read', arguments: '{"path"' },
        { arguments: ':"a"}' },
        { name: 'read', arguments: '{"path":"b"}' },
        { name: 'list' },
        { arguments: '{}' },
      ],
      [A, B, LIST],
    ],
    [
      'ids without an index, alternating',
      [
        { id: 'c1', name: 'read', arguments: '{"path":' },
        { id: 'c2', name: 'list', arguments: '{' },
        { id: 'c1', arguments: '"a"}' },
        { id: 'c2', arguments: '}' },
      ],
      [A, LIST],
    ],
    [
      'an index in the first piece only',
      [{ index: 0, id: 'c', name: 'read', arguments: '{"path":' }, { arguments: '"a"}' }],
      [A],
    ],
    [
      'all of the call again at its end',
      [
        { index: 0, id: 'c', name: 'read', arguments: '{"path":' },
        { index: 0, arguments: '"a"}' },
        { index: 0, id: 'c', name: 'read', arguments: '{"path":"a"}' },
      ],
      [A],
    ],
    [
      'an empty object before the arguments',
      [
        { index: 0, id: 'c', name: 'read', arguments: '{}' },
        { index: 0, arguments: '{"path":' },
        { index: 0, arguments: '"a"}' },
      ],
      [A],
    ],
    [
      'the name again behind the arguments',
      [
        { index: 0, id: 'c1', name: 'read', arguments: '{"path":"a"}' },
        { index: 0, id: 'c2', name: 'read' },
      ],
      [A],
    ],
    [
      'a call without arguments before another',
      [
        { index: 0, id: 'c1', name: 'list' },
        { index: 0, id: 'c2', name: 'read', arguments: '{"path":"a"}' },
      ],
      ['list ', A],
    ],
    [
      'a call that is cut off before another',
      [
        { index: 0, name: 'read', arguments: '{"path":' },
        { index: 0, name: 'list', arguments: '{}' },
      ],
      ['read {"path":', LIST],
    ],
    [
      'arguments before the name',
      [
        { index: 0, arguments: '{"path":' },
        { index: 0, name: 'read', arguments: '"a"}' },
      ],
      [A],
    ],
    [
      'brackets and quotes within texts',
      [
        { name: 'read', arguments: '{"path":"}\\"{[' },
        { name: 'read', arguments: ']"}' },
      ],
      ['read {"path":"}\\"{[]"}'],
    ],
    ['arguments that are encoded twice', [{ name: 'read', arguments: JSON.stringify('{"path":"a"}') }], [A]],
    [
      'the same in pieces, of two calls',
      ['a', 'b'].flatMap((path) => {
        const twice = JSON.stringify(JSON.stringify({ path }));
        return [
          { index: 0, name: 'read', arguments: twice.slice(0, 5) },
          { index: 0, arguments: twice.slice(5) },
        ];
      }),
      [A, B],
    ],
    ['a text for arguments', [{ name: 'read', arguments: '"a"' }], ['read "a"']],
    ['arguments that are cut off', [{ name: 'read', arguments: '"{\\"path' }], ['read "{\\"path']],
    [
      'one tool twice, each time first by its name: one index',
      [...headed({ index: 0, id: 'c1' }, 'a'), ...headed({ index: 0, id: 'c2' }, 'b')],
      [A, B],
    ],
    ['the same without an id', [...headed({ index: 0 }, 'a'), ...headed({ index: 0 }, 'b')], [A, B]],
    ['the same without an index', [...headed({ id: 'c1' }, 'a'), ...headed({ id: 'c2' }, 'b')], [A, B]],
    [
      'one tool twice without arguments, with two indexes',
      [
        { index: 0, id: 'c1', name: 'list' },
        { index: 1, id: 'c2', name: 'list' },
      ],
      ['list ', 'list '],
    ],
    [
      'whole calls',
      [
        { id: 'c1', name: 'list', isWhole: true },
        { id: 'c2', name: 'list', arguments: '{}', isWhole: true },
        { id: 'c3', name: 'list', isWhole: true },
      ],
      ['list ', LIST, 'list '],
    ],
    ['an empty object without a name', [{ index: -1, arguments: '{}' }], []],
    ['an empty piece', [{ index: 0 }, { index: 1, name: 'list', arguments: '{}' }], [LIST]],
  ])('are put together: %s', (_how, pieces, calls) => {
    expect(gather(pieces)).toEqual(calls);
  });

  it('count by what they have grown', () => {
    const calls = new GatheredCalls();
    const named = { index: 0, id: 'c1', name: 'read', signed: { extra_content: 'ab' } };
    const counts = ['', '{"a":', '1}', ''].map((args) => calls.add(piece({ ...named, arguments: args })));
    expect(counts).toEqual(['c1read"ab"'.length, 5, 2, 0]);
  });

  it.each([
    ['in the middle', '{"path":"a', true],
    ['in a text that is encoded twice', '"{\\"path', true],
    ['whole', '{"path":"a"}', false],
    ['none', '', false],
    ['no JSON', 'a.txt', false],
  ])('are marked where their arguments are cut off: %s', (_where, args, isCutOff) => {
    const calls = new GatheredCalls();
    calls.add(piece({ name: 'read', arguments: args }));
    expect(calls.complete()[0]!.isCutOff ?? false).toBe(isCutOff);
  });

  it.each<[string, Partial<CallPiece>[], string[][]]>([
    ['by its name', [{ name: 'read' }, { arguments: '{"path":' }], [['read'], []]],
    [
      'by its name, once it is whole',
      [
        { index: 0, name: 're' },
        { index: 0, name: 'ad' },
        { index: 0, arguments: '{' },
      ],
      [[], ['read'], []],
    ],
    ['by its arguments, if no tool has the name', [{ name: 'erase' }, { arguments: '{' }], [[], ['erase']]],
    [
      'once, however often its name is repeated',
      headed({ index: 0 }, 'a').concat({ index: 0, name: 'read' }),
      [['read'], [], [], []],
    ],
    ['not by arguments without a name', [{ arguments: '{' }], [[]]],
    [
      'each, also of one tool',
      [...headed({ index: 0 }, 'a'), { index: 1, name: 'read', arguments: '{}' }],
      [['read'], [], [], ['read']],
    ],
    [
      'not by a name that only repeats the one before',
      [{ name: 'read', arguments: '{}' }, { name: 'read' }, { arguments: '{"path":"b"}' }],
      [['read'], [], ['read']],
    ],
  ])('are known to have begun: %s', (_when, pieces, begun) => {
    const calls = new GatheredCalls(new Set(['read']));
    const told = pieces.map((each) => {
      calls.add(piece(each));
      return calls.begun();
    });
    expect(told).toEqual(begun);
  });
});
