import { describe, expect, it } from 'vitest';
import { BuiltInTool, IDE_TOOLS, ToolDescription, VIRTUAL_TOOLS } from '../domain/tool.js';
import { ZodToolCatalog } from './zod-tool-catalog.js';

const catalog = new ZodToolCatalog();

describe('the tools', () => {
  it('are described to a model with a JSON Schema each', () => {
    const described = catalog.describe([...IDE_TOOLS, ...VIRTUAL_TOOLS]);
    expect(described).toHaveLength(17);
    for (const { parameters, description } of described) {
      expect(parameters).toMatchObject({ type: 'object', properties: expect.any(Object) });
      expect(parameters).not.toHaveProperty('$schema');
      expect(description.length).toBeGreaterThan(10);
    }
    expect(described.find((tool) => tool.name === 'write_file')!.parameters['required']).toEqual([
      'path',
      'content',
    ]);
  });

  it.each([...IDE_TOOLS, ...VIRTUAL_TOOLS])('%s takes its example, which has all its options', (name) => {
    const example = catalog.example(name);
    const [{ parameters }] = catalog.describe([name]) as [ToolDescription];
    expect(catalog.parse(name, example)).toEqual({ ok: true, arguments: example });
    // read_result takes one of two ids.
    const options = Object.keys(parameters['properties']!).filter((option) => option !== 'message_id');
    expect(Object.keys(example)).toEqual(options);
  });

  it.each<[BuiltInTool, object, object]>([
    ['read_file', { path: 'a', start_line: null, end_line: '20' }, { path: 'a', end_line: 20 }],
    [
      'write_file',
      { path: 'a', content: '', create_dirs: 'True' },
      { path: 'a', content: '', create_dirs: true },
    ],
    ['write_file', { path: 'a', content: 'null' }, { path: 'a', content: 'null' }],
    ['list_files', { path: '', pattern: '' }, { path: '.' }],
    ['list_files', { path: null, recursive: 'true', include_hidden: null }, { path: '.', recursive: true }],
    ['list_files', {}, { path: '.' }],
    ['create_directory', { path: 'a', recursive: '' }, { path: 'a' }],
    [
      'execute_command',
      { command: '10', cwd: '', timeout_seconds: '60' },
      { command: '10', timeout_seconds: 60 },
    ],
    ['search_in_code', { query: 'true', path: '', regex: 'false' }, { query: 'true', regex: false }],
    ['ask_followup_question', { question: '?', suggestions: [] }, { question: '?' }],
    [
      'ask_followup_question',
      { question: '?', suggestions: '["a","b"]' },
      { question: '?', suggestions: ['a', 'b'] },
    ],
  ])('%s reads %j as meant', (name, written, read) => {
    expect(catalog.parse(name, written)).toEqual({ ok: true, arguments: read });
  });

  it.each<[object, string]>([
    [{ path: 'a', edits: [] }, 'edits'],
    [{ path: 'a', edits: Array.from({ length: 51 }, () => ({ old_text: 'a', new_text: 'b' })) }, 'edits'],
    [{ path: 'a', edits: [{ old_text: '', new_text: 'b' }] }, 'edits.0.old_text'],
    [{ path: 'a', edits: [{ old_text: 'a' }] }, 'edits.0.new_text'],
  ])('refuse the edits %#', (args, field) => {
    expect(catalog.parse('edit_file', args)).toMatchObject({ ok: false, faults: [{ field }] });
  });

  it('let an edit delete', () => {
    const args = { path: 'a', edits: [{ old_text: ' a', new_text: '' }] };
    expect(catalog.parse('edit_file', args)).toEqual({ ok: true, arguments: args });
  });

  it('have the options of the first release where the client knows no others', () => {
    const [first] = catalog.describe(['search_in_code'], 'first');
    expect(Object.keys(first!.parameters['properties']!)).not.toContain('context_lines');
    const args = { query: 'a', context_lines: 2, output: 'files' };
    expect(catalog.parse('search_in_code', args, 'first')).toEqual({ ok: true, arguments: { query: 'a' } });
    expect(catalog.parse('search_in_code', args)).toEqual({ ok: true, arguments: args });
  });

  it('read a plan that was encoded twice', () => {
    const subtask = { title: 'Do it', description: 'Now', agent: 'coder' };
    const written = { ...subtask, estimated_minutes: null, dependencies: '["0"]' };
    const plan = { title: 'A tool', description: 'Small', subtasks: JSON.stringify([subtask, written]) };
    expect(catalog.parse('create_plan', JSON.stringify(plan))).toEqual({
      ok: true,
      arguments: { ...plan, subtasks: [subtask, { ...subtask, dependencies: [0] }] },
    });
  });

  it('check what they have read', () => {
    expect(catalog.parse('execute_command', { command: 'ls', timeout_seconds: '301' })).toMatchObject({
      faults: [{ field: 'timeout_seconds' }],
    });
    expect(catalog.parse('read_file', { path: 'a', start_line: '1.5' })).toMatchObject({
      faults: [{ field: 'start_line' }],
    });
    expect(catalog.parse('read_result', {})).toMatchObject({ faults: [{ field: 'call_id' }] });
    expect(catalog.parse('read_result', { call_id: 'a', message_id: 'b' })).toMatchObject({
      faults: [{ field: 'call_id' }],
    });
    expect(catalog.parse('read_result', { call_id: 'a', start_line: 2, end_line: 1 })).toMatchObject({
      faults: [{ field: 'end_line' }],
    });
    expect(catalog.parse('read_file', { path: '' })).toMatchObject({ faults: [{ field: 'path' }] });
  });

  it('name ten faults at most', () => {
    const parsed = catalog.parse('create_plan', { subtasks: Array.from({ length: 50 }, () => ({})) });
    expect(parsed.ok || parsed.faults).toHaveLength(10);
  });

  it.each([
    ['path', '../x', /must not contain \.\./],
    ['path', `../${'x'.repeat(4096)}`, /4096/],
    ['pattern', '{..,x}/*', /must not contain \.\./],
    ['pattern', `../${'x'.repeat(500)}`, /500/],
  ])('refuse the %s %j with one fault', (field, value, message) => {
    expect(catalog.parse('list_files', { path: '.', [field]: value })).toEqual({
      ok: false,
      faults: [{ field, message: expect.stringMatching(message) }],
    });
  });

  it('refuse what is out of range, by field', () => {
    expect(catalog.parse('execute_command', { command: 'ls', timeout_seconds: 301 })).toMatchObject({
      faults: [{ field: 'timeout_seconds' }],
    });
    expect(catalog.parse('search_in_code', { query: 'x', max_results: 1001 })).toMatchObject({
      faults: [{ field: 'max_results' }],
    });
    expect(catalog.parse('ask_followup_question', { question: '?', suggestions: ['one'] })).toMatchObject({
      faults: [{ field: 'suggestions' }],
    });
    expect(catalog.parse('execute_command', { command: 'ls', cwd: '../' })).toMatchObject({ ok: false });
    expect(catalog.parse('read_file', null)).toMatchObject({ faults: [{ field: 'arguments' }] });
  });

  it('drop what they do not know', () => {
    expect(catalog.parse('list_files', { path: '.', sudo: true })).toEqual({
      ok: true,
      arguments: { path: '.' },
    });
  });
});
