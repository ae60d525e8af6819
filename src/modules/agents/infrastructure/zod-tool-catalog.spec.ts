import { describe, expect, it } from 'vitest';
import { IDE_TOOLS, VIRTUAL_TOOLS } from '../domain/tool.js';
import { ZodToolCatalog } from './zod-tool-catalog.js';

const catalog = new ZodToolCatalog();

describe('the tools', () => {
  it('are described to a model with a JSON Schema each', () => {
    const described = catalog.describe([...IDE_TOOLS, ...VIRTUAL_TOOLS]);
    expect(described).toHaveLength(10);
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

  it.each(['a.txt', 'src/a b.ts', '.env', 'a..b/c', 'юникод.md', 'a\\b'])('take the path %s', (path) => {
    expect(catalog.parse('read_file', { path })).toEqual({ ok: true, arguments: { path } });
  });

  it.each([
    '',
    '/etc/passwd',
    '\\\\host\\share',
    'C:\\x',
    'c:x',
    '..',
    '.. /x',
    'a/..../x',
    '../x',
    'a/../../x',
    'a\\..\\x',
    'a\0b',
    'x'.repeat(4097),
  ])('refuse the path %j', (path) => {
    const parsed = catalog.parse('write_file', { path, content: '' });
    expect(parsed).toMatchObject({ ok: false, faults: [{ field: 'path' }] });
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
