import { describe, expect, it } from 'vitest';
import { APPROVAL_MODES, ApprovalMode, modeInForce } from '../../../shared/domain/approval-mode.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { ToolEffect } from '../../../shared/domain/tool-effect.js';
import { ApprovalPolicy, PolicyAction, PolicyRule } from './approval-policy.js';
import { Permission, RememberWhen, patternFault } from './remembering.js';

interface Given {
  readonly rules?: readonly PolicyRule[];
  readonly mode?: ApprovalMode;
  readonly permissions?: readonly Permission[];
  readonly protectedPaths?: readonly string[];
}

const EFFECTS: Readonly<Record<string, ToolEffect>> = {
  write_file: 'write',
  move_file: 'write',
  create_directory: 'write',
  execute_command: 'execute',
};

const callOf = (tool: string, args: JsonObject) => ({
  ...{ tool, effect: EFFECTS[tool] ?? 'read', agent: 'coder' },
  arguments: args,
});

const decide = (
  [tool, args]: readonly [tool: string, args: JsonObject],
  { rules = [], mode = 'ask', permissions = [], protectedPaths = [] }: Given = {},
) => new ApprovalPolicy(rules, protectedPaths).decideIn({ mode, permissions }, callOf(tool, args)).action;

const allowed = (tool: string, args: JsonObject, when: RememberWhen = {}): Permission => ({
  ...{ id: 'p', when, approved: { tool, arguments: args } },
  ...{ grantedBy: 'alice', grantedAt: new Date(0) },
});

const write = (path: string, more: JsonObject = {}) =>
  ['write_file', { path, content: 'x', ...more }] as const;
const run = (command: string, cwd?: string) =>
  ['execute_command', { command, ...(cwd !== undefined && { cwd }) }] as const;
const read = (path: string) => ['read_file', { path }] as const;
const rule = (action: PolicyAction, more: Partial<PolicyRule> = {}): PolicyRule => ({
  ...{ tool: '*', action, reason: 'r' },
  ...more,
});

describe('the decision on a call in a session', () => {
  const REMEMBERED = [
    allowed('write_file', { path: 'src/a.ts' }),
    allowed('execute_command', { command: 'ls' }),
  ];
  const [NARROW, USUAL, WIDE] = APPROVAL_MODES;

  it.each<[string, readonly [string, JsonObject], Given, PolicyAction]>([
    // 1: a rule that denies.
    ['deny before a mode', write('src/a.ts'), { rules: [rule('deny')], mode: WIDE }, 'deny'],
    [
      'deny before what is remembered',
      write('src/a.ts'),
      { rules: [rule('deny')], permissions: REMEMBERED },
      'deny',
    ],
    // 2: a session that is read-only.
    ['read_only: a write', write('src/a.ts'), { mode: NARROW }, 'deny'],
    ['read_only: a command', run('ls'), { mode: NARROW }, 'deny'],
    ['read_only before a rule that allows', run('ls'), { mode: NARROW, rules: [rule('allow')] }, 'deny'],
    ['read_only before what is remembered', run('ls'), { mode: NARROW, permissions: REMEMBERED }, 'deny'],
    ['read_only: reading', read('a'), { mode: NARROW }, 'allow'],
    ['read_only: reading that a rule asks about', read('a'), { mode: NARROW, rules: [rule('ask')] }, 'ask'],
    // 3: a rule that allows.
    ['a rule that allows', write('x'), { rules: [rule('allow')] }, 'allow'],
    ['a rule that allows a protected path', write('.env'), { rules: [rule('allow')] }, 'allow'],
    // 4: what is remembered.
    ['a remembered path', write('src/a.ts'), { permissions: REMEMBERED }, 'allow'],
    ['another path', write('src/b.ts'), { permissions: REMEMBERED }, 'ask'],
    ['a remembered command', run('ls'), { permissions: REMEMBERED }, 'allow'],
    ['remembered, a rule asks', run('ls'), { permissions: REMEMBERED, rules: [rule('ask')] }, 'allow'],
    [
      'remembered, a rule asks each time',
      run('ls'),
      { permissions: REMEMBERED, rules: [rule('ask', { remember: false })] },
      'ask',
    ],
    [
      'a protected path that is remembered',
      write('.env'),
      { permissions: [allowed('write_file', { path: '.env' })] },
      'ask',
    ],
    [
      'a protected path within a remembered pattern',
      write('a/.git/config'),
      { permissions: [allowed('write_file', { path: 'a/b' }, { path: '**' })] },
      'ask',
    ],
    [
      'a path protected by the file, remembered',
      write('infra/a.tf'),
      { permissions: [allowed('write_file', { path: 'infra/a.tf' })], protectedPaths: ['./infra/*'] },
      'ask',
    ],
    [
      'reading of a protected path, which a rule asks about',
      read('.env'),
      { permissions: [allowed('read_file', { path: '.env' })], rules: [rule('ask')] },
      'ask',
    ],
    // 5: a session that accepts edits.
    ['accept_edits: a write', write('src/b.ts'), { mode: WIDE }, 'allow'],
    ['accept_edits: a folder', ['create_directory', { path: 'a' }], { mode: WIDE }, 'allow'],
    ['accept_edits: a command', run('ls'), { mode: WIDE }, 'ask'],
    ['accept_edits: a rule asks', write('src/b.ts'), { mode: WIDE, rules: [rule('ask')] }, 'ask'],
    ['accept_edits: a protected path', write('.github/workflows/x.yml'), { mode: WIDE }, 'ask'],
    ['accept_edits: instructions', write('docs/AGENTS.md'), { mode: WIDE }, 'ask'],
    ['accept_edits: protected by the file', write('a.pem'), { mode: WIDE, protectedPaths: ['*.pem'] }, 'ask'],
    [
      'accept_edits: moved to a protected path',
      ['move_file', { path: 'a', to: '.git/hooks/x' }],
      { mode: WIDE },
      'ask',
    ],
    ['accept_edits: moved', ['move_file', { path: 'a', to: 'b' }], { mode: WIDE }, 'allow'],
    // 6: the defaults.
    ['a write', write('src/b.ts'), { mode: USUAL }, 'ask'],
    ['a command', run('ls'), { mode: USUAL }, 'ask'],
    ['reading', read('.env'), { mode: USUAL }, 'allow'],
  ])('%s', (_what, call, given, action) => {
    expect(decide(call, given)).toBe(action);
  });

  it.each<[Partial<PolicyRule>, readonly [string, JsonObject], PolicyAction]>([
    [{ effect: 'write', tool: undefined }, write('a'), 'deny'],
    [{ effect: 'write', tool: undefined }, run('ls'), 'ask'],
    [{ effect: 'write', tool: undefined, when: { path: 'b' } }, write('a'), 'ask'],
    [{ effect: 'execute', tool: 'execute_*' }, run('ls'), 'deny'],
    [{ effect: 'read', tool: 'execute_*' }, run('ls'), 'ask'],
  ])('by a rule of the effect %j', (more, call, action) => {
    expect(decide(call, { rules: [rule('deny', more)] })).toBe(action);
  });
});

describe('the decision on a tool that a client declares', () => {
  const TOOL = 'client:own_fix';
  const REMEMBERED = [allowed(TOOL, { path: 'src/a.ts', command: 'npm test' })];
  const [NARROW, , WIDE] = APPROVAL_MODES;
  const anyEffect = { tool: '*', action: 'allow', reason: 'r' } as const;

  it.each<[string, ToolEffect, JsonObject, Given, PolicyAction]>([
    ['claims to read', 'read', {}, {}, 'ask'],
    ['claims to write', 'write', {}, {}, 'ask'],
    ['accept_edits: claims to read', 'read', {}, { mode: WIDE }, 'ask'],
    ['accept_edits: claims to write', 'write', { path: 'src/a.ts' }, { mode: WIDE }, 'ask'],
    ['accept_edits: claims nothing', 'execute', {}, { mode: WIDE }, 'ask'],
    ['read_only: claims to read', 'read', {}, { mode: NARROW }, 'ask'],
    ['read_only: claims to write', 'write', {}, { mode: NARROW, permissions: REMEMBERED }, 'deny'],
    ['read_only: claims nothing', 'execute', {}, { mode: NARROW, rules: [anyEffect] }, 'deny'],
    [
      'remembered: other arguments',
      'write',
      { path: 'b', command: 'rm -rf /' },
      { permissions: REMEMBERED },
      'allow',
    ],
    ['remembered: no arguments', 'execute', {}, { permissions: REMEMBERED }, 'allow'],
    ['remembered: a protected path', 'write', { path: '.env' }, { permissions: REMEMBERED }, 'ask'],
    [
      'remembered, a rule asks each time',
      'read',
      {},
      { permissions: REMEMBERED, rules: [rule('ask', { remember: false })] },
      'ask',
    ],
    [
      'a built-in tool of its name is remembered',
      'read',
      {},
      { permissions: [allowed('own_fix', {})] },
      'ask',
    ],
    ['another one is remembered', 'read', {}, { permissions: [allowed('client:own_fi', {})] }, 'ask'],
    [
      'remembered by the pattern of a built-in one',
      'write',
      { path: 'src/a.ts' },
      { permissions: [allowed(TOOL, { path: 'src/a.ts' }, { path: 'src/**' })] },
      'ask',
    ],
    ['a rule allows what it claims', 'read', {}, { rules: [rule('allow', { effect: 'read' })] }, 'ask'],
    ['a rule allows it by name', 'execute', {}, { rules: [rule('allow', { tool: TOOL })] }, 'allow'],
  ])('%s', (_what, effect, args, { rules = [], mode = 'ask', permissions = [] }, action) => {
    const call = { tool: TOOL, effect, agent: 'coder', arguments: args };
    expect(new ApprovalPolicy(rules).decideIn({ mode, permissions }, call).action).toBe(action);
  });

  it('offers no pattern to remember, and takes none', () => {
    const call = { tool: TOOL, effect: 'write', agent: 'coder', arguments: { path: 'src/a.ts' } } as const;
    expect(new ApprovalPolicy([]).suggestions(call)).toEqual([]);
    expect(patternFault({ path: 'src/**' }, call)).toMatchObject({ field: 'remember_when.path' });
    expect(patternFault({ path: 'src/**' }, { ...call, tool: 'write_file' })).toBeUndefined();
  });
});

describe('a rule that denies a command', () => {
  const rules = [
    rule('allow', { when: { command: 'npm *' } }),
    rule('deny', { when: { command: 'git push*' } }),
    rule('allow', { when: { command: 'ls*' } }),
  ];

  it.each([
    ...[
      'git push',
      'git push --force',
      'npm test; git push',
      'npm test && git push',
      'ls|git push',
      'ls & git push',
    ],
    ...[
      'npm test\ngit push',
      'npm test\r\ngit push',
      'ls $(git push)',
      'ls `git push`',
      '(git push)',
      '{ git push; }',
    ],
    ...[
      'npm exec -c "git push"',
      "sh -c 'git push origin'",
      'sh -c "bash -c \\"git push\\""',
      "sh -c 'true; git push'",
    ],
    ...[
      'A=1 git push',
      'env A=1 git push',
      'sudo git push',
      'git  push',
      'git\tpush',
      '  git push',
      'g"it" push',
    ],
    ...[
      '"git" push',
      'git "push"',
      'g\\it push',
      'g^it push',
      'if true; then :; fi; git push',
      'ls || git push',
    ],
  ])('fits %j', (command) => {
    expect(decide(run(command), { rules })).toBe('deny');
  });

  it.each([
    ['npm test', 'allow'],
    ['npm run push', 'allow'],
    ['ls; git status', 'allow'],
    ['git status', 'ask'],
    ['git-push', 'ask'],
    ['echo git push', 'ask'],
  ] as const)('does not fit %j', (command, action) => {
    expect(decide(run(command), { rules })).toBe(action);
  });

  it('fits a part only where its other conditions fit, and does not reach over an earlier rule about the whole', () => {
    const inApp = [rule('deny', { when: { command: 'rm *', cwd: 'app' } })];
    expect(decide(run('ls; rm x', 'app'), { rules: inApp })).toBe('deny');
    expect(decide(run('ls; rm x', 'lib'), { rules: inApp })).toBe('ask');
    const others = [rule('allow', { when: { command: 'git *' } }), rule('deny', { when: { command: '*' } })];
    expect(decide(run('git commit -m "x"'), { rules: others })).toBe('allow');
    expect(decide(run('ls'), { rules: others })).toBe('deny');
  });
});

describe('what is remembered', () => {
  const covers = (permission: Permission, call: readonly [string, JsonObject]) =>
    decide(call, { permissions: [permission] }) === 'allow';

  it.each([
    [run('npm test; ls'), run('npm test; ls'), true],
    [run('npm test'), run('npm test '), false],
    [run('npm test'), run('npm test; ls'), false],
    [run('npm test'), run('npm test', '.'), true],
    [run('npm test'), run('npm test', 'app'), false],
    [run('npm test', 'app'), run('npm test', './app/'), true],
    [run('npm test', 'app'), run('npm test'), false],
    [run('npm test'), run('npm test', 'APP'), false],
    [write('src/a.ts'), write('src/a.ts', { content: 'other' }), true],
    [write('src/a.ts'), write('src/A.ts'), false],
    [write('src/a.ts'), write('src/a.ts/b'), false],
    [write('src'), write('src/a.ts'), false],
    [['move_file', { path: 'a', to: 'b' }], ['move_file', { path: 'a', to: 'b' }], true],
    [['move_file', { path: 'a', to: 'b' }], ['move_file', { path: 'b', to: 'a' }], false],
    [['move_file', { path: 'a', to: 'b' }], ['move_file', { path: 'a', to: 'c' }], false],
    [write('src/a.ts'), ['move_file', { path: 'src/a.ts', to: 'b' }], false],
  ] as const)('of %j covers %j: %s', ([tool, args], call, is) => {
    expect(covers(allowed(tool, args), call)).toBe(is);
  });

  it.each<[readonly [string, JsonObject], RememberWhen, readonly [string, JsonObject], boolean]>([
    [run('npm test'), { command: 'npm test *' }, run('npm test -- --x'), true],
    [run('npm test'), { command: 'npm test *' }, run('npm test; ls'), false],
    [run('npm test', 'app'), { command: 'npm test *' }, run('npm test'), false],
    [run('npm test', 'app'), { command: 'npm test *' }, run('npm test', 'app'), true],
    [run('npm test'), { command: 'npm test *' }, write('npm test'), false],
    [write('src/a.ts'), { path: 'src/**' }, write('src/b/c.ts'), true],
    [write('src/a.ts'), { path: './src//*' }, write('src/b.ts'), true],
    [write('src/a.ts'), { path: 'src/*' }, write('src/b/c.ts'), false],
    [write('src/a.ts'), { path: 'src/**' }, write('SRC/b.ts'), false],
    [write('src/a.ts'), { path: 'src/**' }, write('other/src/b.ts'), false],
    [write('src/a.ts'), { path: '**' }, write('.env'), false],
    [
      ['move_file', { path: 'src/a', to: 'src/b' }],
      { path: 'src/*' },
      ['move_file', { path: 'src/a', to: 'x' }],
      false,
    ],
    [
      ['move_file', { path: 'src/a', to: 'src/b' }],
      { path: 'src/*' },
      ['move_file', { path: 'src/c', to: 'src/d' }],
      true,
    ],
  ])('of %j by %j covers %j: %s', ([tool, args], when, call, is) => {
    expect(covers(allowed(tool, args, when), call)).toBe(is);
  });

  it('of a tool without command and path is the tool', () => {
    const rules = [rule('ask')];
    const permissions = [allowed('get_diagnostics', {})];
    expect(decide(['get_diagnostics', {}], { rules, permissions })).toBe('allow');
    expect(decide(['other', {}], { rules, permissions })).toBe('ask');
  });
});

describe('what is offered to be remembered', () => {
  const offered = ([tool, args]: readonly [string, JsonObject], rules: PolicyRule[] = []) =>
    new ApprovalPolicy(rules).suggestions(callOf(tool, args));

  it.each([
    [run('npm test'), [{ command: 'npm test *' }]],
    [run('npm test; ls'), []],
    [write('src/api/a.ts'), [{ path: 'src/api/**' }]],
    [write('a.ts'), []],
    [write('src/.env'), []],
    [['move_file', { path: 'src/a', to: 'src/b' }], [{ path: 'src/**' }]],
    [['move_file', { path: 'src/a', to: 'lib/b' }], []],
    [['write_file', { path: `${'a'.repeat(1000)}/b` }], []],
  ] as const)('of %j is %j', (call, suggestions) => {
    expect(offered(call)).toEqual(suggestions);
  });

  it('is nothing where a rule asks each time', () => {
    expect(offered(run('npm test'), [rule('ask', { remember: false })])).toEqual([]);
  });
});

describe('the mode that counts', () => {
  it.each<[ApprovalMode | null, readonly ApprovalMode[], ApprovalMode]>([
    [null, APPROVAL_MODES, 'ask'],
    ['accept_edits', APPROVAL_MODES, 'accept_edits'],
    ['accept_edits', ['read_only', 'ask'], 'ask'],
    ['accept_edits', ['read_only'], 'read_only'],
    [null, ['read_only'], 'read_only'],
    // Never wider than what was chosen.
    [null, ['accept_edits'], 'ask'],
    ['read_only', ['ask'], 'read_only'],
  ])('chosen %s, allowed %j: %s', (chosen, modes, mode) => {
    expect(modeInForce(chosen, modes)).toBe(mode);
  });
});
