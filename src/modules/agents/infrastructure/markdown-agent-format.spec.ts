import { describe, expect, it } from 'vitest';
import { mayWrite } from '../domain/agent.js';
import { MarkdownAgentFormat } from './markdown-agent-format.js';

const format = new MarkdownAgentFormat();
const file = (...fields: string[]) =>
  ['---', 'description: Reviews', ...fields, '---', 'Review it.'].join('\n');

function read(text: string, id = 'code-reviewer') {
  const given = format.read(id, text);
  if (!given.ok) throw new Error(JSON.stringify(given.faults));
  return given.agent;
}

const faultsOf = (text: string, id = 'reviewer') => {
  const given = format.read(id, text);
  return given.ok ? [] : given.faults.map(({ field }) => field);
};

describe('the file of an agent', () => {
  it('needs a description and a prompt', () => {
    expect(read(file())).toEqual({
      id: 'code-reviewer',
      name: 'Code reviewer',
      description: 'Reviews',
      prompt: 'Review it.',
      tools: [
        ...['read_file', 'write_file', 'list_files', 'create_directory', 'execute_command', 'search_in_code'],
        ...[
          'edit_file',
          'glob',
          'get_diagnostics',
          'delete_file',
          'move_file',
          'read_result',
          'update_todos',
        ],
        ...['attempt_completion', 'ask_followup_question', 'switch_agent'],
      ],
      limits: { historyCharacters: 400_000 },
      mode: 'all',
      takesSubtasks: true,
    });
  });

  it('may say more', () => {
    const text = file(
      ...['name: Reviewer', 'model: m', 'reasoning_effort: low', 'temperature: 0.2', 'mode: primary'],
      ...[
        'tools: ["*_file", switch_agent]',
        'disallowed_tools: [write_*]',
        'write_paths: ["docs/**", "*.md"]',
      ],
      ...['hand_over_to: [coder]', 'takes_subtasks: true', 'max_model_calls: 7'],
    );
    expect(read(text)).toMatchObject({
      name: 'Reviewer',
      model: 'm',
      reasoningEffort: 'low',
      temperature: 0.2,
      mode: 'primary',
      tools: ['read_file', 'edit_file', 'delete_file', 'move_file', 'switch_agent'],
      writePaths: ['docs/**', '*.md'],
      handOverTo: ['coder'],
      takesSubtasks: true,
      maxModelCalls: 7,
    });
  });

  it('names tools of clients by globs of their own', () => {
    expect(
      read(file("tools: ['read_*e', 'client:mcp__*']", "disallowed_tools: [write_file, 'client:*__delete']")),
    ).toMatchObject({
      tools: ['read_file', 'client:mcp__*'],
      disallowedTools: ['client:*__delete'],
    });
    expect(read(file("tools: ['*']")).tools).not.toContain('client:*');
  });

  it.each([
    ['primary', false],
    ['subagent', true],
    ['background', false],
    ['all', true],
  ])('with the mode %s takes subtasks: %s', (mode, takes) => {
    expect(read(file(`mode: ${mode}`)).takesSubtasks).toBe(takes);
  });

  it('may come from another system, with its marks of lines and order of bytes', () => {
    expect(read(`\uFEFF${file('mode: primary').replaceAll('\n', '\r\n')}`)).toMatchObject({
      mode: 'primary',
      prompt: 'Review it.',
    });
  });

  it('may have lines of --- in its prompt', () => {
    expect(read(`${file()}\n---\nMore.`).prompt).toBe('Review it.\n---\nMore.');
  });

  it('names the paths that the agent may write', () => {
    const agent = read(file('write_paths: ["docs/**", "*.md"]'));
    const paths = ['a.md', 'docs/a/b.ts', 'docs', 'src/a.md', 'a.ts'];
    expect(paths.filter((path) => mayWrite(agent, path))).toEqual(['a.md', 'docs/a/b.ts', 'docs']);
    expect(mayWrite(read(file('write_paths: []')), 'a.md')).toBe(false);
    expect(mayWrite(read(file()), 'a.md')).toBe(true);
  });

  it.each([
    ['an unknown field', file('colour: red', 'toString: 1'), ['colour', 'toString']],
    [
      'an unknown tool',
      file('tools: [read_file, fly]', 'disallowed_tools: [swim*]'),
      ['tools.1', 'disallowed_tools.0'],
    ],
    ['a field of another kind', file('tools: read_file', 'temperature: hot'), ['temperature', 'tools']],
    ['an unknown mode', file('mode: boss'), ['mode']],
    ['subtasks for a background agent', file('mode: background', 'takes_subtasks: true'), ['takes_subtasks']],
    ['hand-overs without the tool', file('tools: [read_file]', 'hand_over_to: [ask]'), ['hand_over_to']],
    [
      'a path outside',
      file('write_paths: [../a, /a, a/./b, ~/a]'),
      [0, 1, 2, 3].map((n) => `write_paths.${n}`),
    ],
    [
      'signs of other globs',
      file('write_paths: ["*.{a,b}", "[ab]", "!a", "a\\\\b"]'),
      [0, 1, 2, 3].map((n) => `write_paths.${n}`),
    ],
    ['a description of two lines', '---\ndescription: "a\\nb"\n---\nA', ['description']],
    ['a field twice', file('mode: all', 'mode: primary'), ['definition']],
    ['aliases', file('tools: &a [read_file]', 'write_paths: *a'), ['definition']],
    ['a list for fields', '---\n- a\n---\nA', ['definition']],
    ['no prompt', '---\ndescription: A\n---\n\u200b\n', ['prompt']],
    ['no end of the fields', '---\ndescription: A\n', ['definition']],
    ['nothing', '', ['definition']],
    ['NUL', `${file()}\0`, ['definition']],
    ['NUL that its YAML escapes', file('name: "a\\0b"'), ['definition']],
    ['half of a surrogate pair that its YAML escapes', file('name: "a\\ud800b"'), ['definition']],
  ])('is refused with %s', (_what, text, fields) => {
    expect(faultsOf(text).toSorted()).toEqual(fields.toSorted());
  });

  it.each(['Reviewer', 'auto', 'custom', 'runtime', '', '__proto__', 'a.b', 'x'.repeat(65)])(
    'is not called %s.md',
    (id) => {
      expect(faultsOf(file(), id)).toEqual(['id']);
    },
  );

  it('names the line of a fault in its YAML, as an editor counts', () => {
    const given = format.read('reviewer', file('tools: [read_file'));
    expect(given.ok || given.faults[0]!.message).toMatch(/in line [34]: /);
  });
});
