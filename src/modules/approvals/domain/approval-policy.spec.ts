import { describe, expect, it } from 'vitest';
import { TOOL_EFFECTS, ToolEffect } from '../../../shared/domain/tool-effect.js';
import { matches } from '../../../shared/domain/wildcards.js';
import { ApprovalPolicy, PolicyRule } from './approval-policy.js';

const EFFECTS: Readonly<Record<string, ToolEffect>> = {
  write_file: 'write',
  create_directory: 'write',
  execute_command: 'execute',
};

const decide = (rules: PolicyRule[], tool: string, args = {}, agent = 'coder') =>
  new ApprovalPolicy(rules).decide({ tool, effect: EFFECTS[tool] ?? 'read', agent, arguments: args }).action;

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

  it.each(TOOL_EFFECTS)('without rules, a tool that is new: %s', (effect) => {
    const verdict = new ApprovalPolicy([]).decide({ tool: 'new', effect, agent: 'coder', arguments: {} });
    expect(verdict.action).toBe(effect === 'read' ? 'allow' : 'ask');
  });

  it.each(TOOL_EFFECTS)('asks about tools that clients declare, whatever they claim: %s', (effect) => {
    const verdictBy = (...rules: PolicyRule[]) =>
      new ApprovalPolicy(rules).decide({ tool: 'client:mcp__a__b', effect, agent: 'coder', arguments: {} })
        .action;
    const allow = { action: 'allow', reason: 'r' } as const;
    expect(verdictBy()).toBe('ask');
    expect(verdictBy({ ...allow, tool: '*', effect })).toBe('ask');
    expect(verdictBy({ ...allow, tool: 'mcp__*' })).toBe('ask');
    expect(verdictBy({ ...allow, tool: 'client:mcp__a__*' })).toBe('allow');
    expect(verdictBy({ ...allow, tool: '*' })).toBe('allow');
    expect(verdictBy({ tool: '*', effect, action: 'deny', reason: 'r' })).toBe('deny');
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

  it.each([
    ['deny', 'a.md', '.env', 'deny'],
    ['ask', '.ENV', 'a.md', 'ask'],
    ['allow', '.env', '.env', 'allow'],
    ['allow', '.env', 'a.md', 'ask'],
    ['allow', 'a.md', '.env', 'ask'],
  ] as const)('%s by path fits a move from %s to %s: %s', (action, path, to, decided) => {
    const rules: PolicyRule[] = [{ tool: '*', when: { path: '.env' }, action, reason: 'r' }];
    const call = { tool: 'move_file', effect: 'write', agent: 'coder', arguments: { path, to } } as const;
    expect(new ApprovalPolicy(rules).decide(call).action).toBe(decided);
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
