import { describe, expect, it } from 'vitest';
import { matches } from '../../../shared/domain/wildcards.js';
import { ApprovalPolicy, PolicyRule } from './approval-policy.js';

const decide = (rules: PolicyRule[], tool: string, args = {}, agent = 'coder') =>
  new ApprovalPolicy(rules).decide({ tool, agent, arguments: args }).action;

describe('the approval policy', () => {
  it.each([
    ['write_file', 'ask'],
    ['create_directory', 'ask'],
    ['execute_command', 'ask'],
    ['read_file', 'allow'],
    ['list_files', 'allow'],
    ['search_in_code', 'allow'],
  ])('without rules: %s → %s', (tool, action) => {
    expect(decide([], tool)).toBe(action);
  });

  it('lets the first rule that fits decide, and what fits none fall to the defaults', () => {
    const rules: PolicyRule[] = [
      { tool: 'write_file', when: { path: '*.env*' }, action: 'deny', reason: 'secrets' },
      {
        tool: 'write_file',
        agent: 'architect',
        when: { path: 'docs/*.md' },
        action: 'allow',
        reason: 'documents',
      },
      { tool: 'execute_command', when: { command: 'npm test*' }, action: 'allow', reason: 'harmless' },
      { tool: 'read_*', when: { path: 'secret/*' }, action: 'ask', reason: 'private' },
    ];
    expect(decide(rules, 'write_file', { path: 'app/.env.local' })).toBe('deny');
    expect(decide(rules, 'write_file', { path: 'docs/a/b.md' }, 'architect')).toBe('allow');
    expect(decide(rules, 'write_file', { path: 'docs/a.md' })).toBe('ask');
    expect(decide(rules, 'execute_command', { command: 'npm test -- x' })).toBe('allow');
    expect(decide(rules, 'execute_command', { command: 'rm -rf /; npm test' })).toBe('ask');
    expect(decide(rules, 'read_file', { path: 'secret/key' })).toBe('ask');
    expect(decide(rules, 'read_file', { path: 'public' })).toBe('allow');
  });

  it.each([
    ['deny', 'path', 'SRC/A', 'deny'],
    ['ask', 'path', 'SRC/A', 'ask'],
    ['allow', 'path', 'SRC/A', 'ask'],
    ['allow', 'path', 'src/a', 'allow'],
    ['deny', 'content', 'SRC/A', 'ask'],
  ] as const)('%s by %s fits %s: %s', (action, name, value, decided) => {
    const rules: PolicyRule[] = [
      { tool: 'write_file', when: { [name]: 'src/*' }, action, reason: 'r' },
      { tool: 'write_file', action: 'ask', reason: 'otherwise' },
    ];
    expect(decide(rules, 'write_file', { [name]: value })).toBe(decided);
  });

  it('needs every condition, and takes an argument that is not given for none', () => {
    const when = { path: '*', recursive: 'true' };
    const rules: PolicyRule[] = [{ tool: 'list_files', when, action: 'deny', reason: 'no' }];
    expect(decide(rules, 'list_files', { path: 'a', recursive: true })).toBe('deny');
    expect(decide(rules, 'list_files', { path: 'a', recursive: false })).toBe('allow');
    expect(decide(rules, 'list_files', { path: 'a' })).toBe('allow');
  });

  it.each([
    ['*', '', true],
    ['a*c', 'a\nb\nc', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    ['(a|b)', 'a', false],
    ['(a|b)', '(a|b)', true],
    ['abc', 'xabcx', false],
    ['?', '😀', true],
    ['*a*b', 'xaxbxb', true],
    ['*a*b*', 'b a', false],
    ['a**', 'a', true],
    ['a*', '*', false],
    [`${'*a'.repeat(400)}b`, 'a'.repeat(5_000), false],
  ])('pattern %j on %j: %s', (pattern, text, fits) => {
    expect(matches(pattern, text)).toBe(fits);
  });
});
