import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigInvalid } from '../../../config/config.js';
import { AgentRegistry } from '../../agents/index.js';
import { builtInAgents } from '../../../../test/support/built-in-agents.js';
import { ZodToolCatalog } from '../../agents/infrastructure/zod-tool-catalog.js';
import { ApprovalPolicy } from '../domain/approval-policy.js';
import { loadApprovalPolicy } from './load-approval-policy.js';

const catalog = new ZodToolCatalog();

describe('the file of approval rules', () => {
  let folder: string;
  let agents: AgentRegistry;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-policy-'));
    agents = await builtInAgents();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const load = async (content: unknown) => {
    const path = join(folder, 'policy.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return loadApprovalPolicy({ path, required: true }, agents, catalog);
  };

  const rule = { tool: 'write_file', action: 'ask', reason: 'r' };

  it.each([
    ...['app/[id]/*', '(group)/*', '{{cookiecutter.slug}}/*', '*/.env*', '.*', '*', '?.md', './docs//*'].map(
      (path) => ({
        path,
      }),
    ),
    { file_pattern: '**/*.{ts,tsx}' },
    { query: '../*' },
  ])('takes the condition %j', async (when) => {
    await expect(load({ rules: [{ ...rule, tool: '*', when }] })).resolves.toBeInstanceOf(ApprovalPolicy);
  });

  const LEADS_OUT = ['{..,x}/*', '[.][.]/*', '{/etc,x}/*', '../*', '/etc/*', 'C:/*', '~/*', '*/../x'];
  it.each([
    ...LEADS_OUT.flatMap((text) =>
      ['path', 'cwd', 'pattern', 'file_pattern'].map((name) => [name, text] as const),
    ),
    ...['x.md:*', 'docs./*', 'x ', 'src/nul', 'GIT~1/*', '*.{md,txt}'].map((text) => ['path', text] as const),
  ])('is refused where it can never match: %s %j', async (name, text) => {
    const refusal = load({ rules: [{ ...rule, tool: '*', when: { [name]: text } }] });
    await expect(refusal).rejects.toThrow(ConfigInvalid);
    await expect(refusal).rejects.toThrow(`rules.0.when.${name}: must `);
  });

  it('may name tools that clients will declare, with any argument', async () => {
    const policy = await load({
      rules: [{ ...rule, tool: 'client:mcp__*', when: { number: '7' }, action: 'allow' }],
    });
    const call = {
      tool: 'client:mcp__a',
      effect: 'execute' as const,
      agent: 'coder',
      arguments: { number: 7 },
    };
    expect(policy.decide(call).action).toBe('allow');
    await expect(load({ rules: [{ ...rule, tool: 'mcp__*' }] })).rejects.toThrow('fits no tool');
  });

  it('decides before the default rules', async () => {
    const policy = await load({
      rules: [{ ...rule, action: 'allow', agent: 'cod*', when: { path: '*.md' }, reason: 'documents' }],
    });
    const call = {
      ...{ tool: 'write_file', effect: 'write' as const },
      ...{ agent: 'coder', arguments: { path: 'a.md' } },
    };
    expect(policy.decide(call)).toEqual({ action: 'allow', reason: 'documents' });
    expect(policy.decide({ ...call, agent: 'universal' }).action).toBe('ask');
  });

  it.each([
    ['is not JSON', '{', /policy.json: is not JSON/],
    ['has no rules', {}, /policy.json: rules: /],
    [
      'misspells a tool',
      { rules: [{ ...rule, tool: 'wrte_file' }] },
      /rules.0.tool: fits no tool; there are read_file/,
    ],
    ['misspells an agent', { rules: [rule, { ...rule, agent: 'codr' }] }, /rules.1.agent: fits no agent/],
    ['knows another action', { rules: [{ ...rule, action: 'maybe' }] }, /rules.0.action: /],
    [
      'misspells an argument',
      { rules: [{ ...rule, when: { pth: '*' } }] },
      /rules.0.when.pth: is no argument; there are path, content, create_dirs/,
    ],
    ['gives no reason', { rules: [{ tool: '*', action: 'deny' }] }, /rules.0.reason: /],
    ['has a word too many', { rules: [{ ...rule, path: 'x' }] }, /rules.0: .*path/],
  ])('that %s is refused, and told where', async (_what, content, message) => {
    const refusal = load(content);
    await expect(refusal).rejects.toThrow(ConfigInvalid);
    await expect(refusal).rejects.toThrow(message);
  });

  it.each([
    ['neither tool nor effect', { tool: undefined }, /rules.0: needs tool, effect or both/],
    ['an unknown effect', { effect: 'delete' }, /rules.0.effect: /],
    [
      'an effect that its tool has not',
      { effect: 'read' },
      /rules.0.effect: is that of no tool of the rule: write_file/,
    ],
    [
      'an argument of a tool of another effect',
      { tool: '*', effect: 'write', when: { command: '*' } },
      /rules.0.when.command: is no argument; there are path/,
    ],
    ['remember without ask', { action: 'deny', remember: false }, /rules.0.remember: goes with ask only/],
    ['remember that is no flag', { remember: 'no' }, /rules.0.remember: /],
  ])('with %s is refused', async (_what, more, message) => {
    await expect(load({ rules: [{ ...rule, ...more }] })).rejects.toThrow(message);
  });

  it.each([
    ['a path that no call has', ['../x'], /protected.0: must /],
    ['two in one', ['a', '{a,b}/*'], /protected.1: must not contain alternatives/],
    ['none', [''], /protected.0: /],
    ['no list', 'infra/*', /protected: /],
  ])('is refused with a protected pattern of %s', async (_what, patterns, message) => {
    await expect(load({ rules: [], protected: patterns })).rejects.toThrow(message);
  });

  it('takes rules by effect, and protected paths', async () => {
    const policy = await load({
      rules: [{ effect: 'write', action: 'deny', reason: 'no' }],
      protected: ['./infra//*'],
    });
    const call = { agent: 'coder', arguments: { path: 'Infra/a' } };
    expect(policy.decide({ ...call, tool: 'create_directory', effect: 'write' }).action).toBe('deny');
    expect(policy.decide({ ...call, tool: 'read_file', effect: 'read' }).action).toBe('allow');
    expect(policy.isProtected({ ...call, tool: 'write_file' })).toBe(true);
  });

  it('that is not there is a fault only where the settings name it', async () => {
    const path = join(folder, 'none.json');
    const policy = await loadApprovalPolicy({ path, required: false }, agents, catalog);
    const call = { tool: 'write_file', effect: 'write' as const, agent: 'coder', arguments: {} };
    expect(policy.decide(call).action).toBe('ask');
    await expect(loadApprovalPolicy({ path, required: true }, agents, catalog)).rejects.toThrow(
      'APPROVAL_POLICY_FILE must name a file that can be read (ENOENT)',
    );
  });
});
