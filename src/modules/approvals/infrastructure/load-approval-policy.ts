import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigInvalid } from '../../../config/config.js';
import { parseJsonFile } from '../../../shared/infrastructure/parse-json-file.js';
import { matches } from '../../../shared/domain/wildcards.js';
import { TOOL_EFFECTS } from '../../../shared/domain/tool-effect.js';
import { CLIENT_TOOL, isClientTool } from '../../../shared/domain/tool-source.js';
import { pathFault } from '../../../shared/domain/workspace-path.js';
import { patternFault } from '../../../shared/domain/workspace-pattern.js';
import {
  AgentRegistry,
  BuiltInTools,
  IDE_TOOLS,
  effectOf,
  type ToolDescription,
} from '../../agents/index.js';
import {
  ApprovalPolicy,
  PATH_ARGUMENTS,
  PATTERN_ARGUMENTS,
  POLICY_ACTIONS,
  PolicyRule,
} from '../domain/approval-policy.js';

const pattern = z.string().min(1).max(1000);

const FILE = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        tool: pattern.optional(),
        effect: z.enum(TOOL_EFFECTS).optional(),
        agent: pattern.optional(),
        when: z.record(z.string(), pattern).optional(),
        action: z.enum(POLICY_ACTIONS),
        reason: z.string().min(1).max(1000),
        remember: z.boolean().optional(),
      }),
    )
    .max(1000),
  protected: z.array(pattern).max(1000).optional(),
});

/**
 * Reads the rules of this installation: `{ "rules": [...], "protected": [...] }`. Without a file only the default rules apply.
 * @param file.required whether a missing file is an error: true when the settings name it
 * @throws ConfigInvalid that names the faults
 */
export async function loadApprovalPolicy(
  file: { path: string; required: boolean },
  agents: AgentRegistry,
  catalog: BuiltInTools,
): Promise<ApprovalPolicy> {
  const text = await read(file);
  if (text === undefined) return new ApprovalPolicy([]);
  const parsed = FILE.safeParse(parseJsonFile(file.path, text));
  const faults = (parsed.error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.') || 'the file'}: ${message}`,
  );
  const { rules = [], protected: protectedPaths = [] } = parsed.data ?? {};
  // A rule that never matches protects nothing.
  const agentIds = agents.all().map(({ id }) => id);
  for (const [index, rule] of rules.entries()) {
    faults.push(
      ...misspelt(rule, `rules.${index}`, agentIds, catalog),
      ...unreachable(rule, `rules.${index}`),
    );
  }
  for (const [index, protectedPath] of protectedPaths.entries()) {
    const fault = unreachableFault('path', protectedPath);
    if (fault !== undefined) faults.push(`protected.${index}: ${fault}`);
  }
  if (faults.length > 0) throw new ConfigInvalid(faults.map((fault) => `${file.path}: ${fault}`));
  return new ApprovalPolicy(rules, protectedPaths);
}

function misspelt(
  rule: PolicyRule,
  place: string,
  agentIds: readonly string[],
  catalog: BuiltInTools,
): string[] {
  const faults: string[] = [];
  const { tool, effect, agent, when = {}, action, remember } = rule;
  if (tool === undefined && effect === undefined) faults.push(`${place}: needs tool, effect or both`);
  const named = IDE_TOOLS.filter((name) => tool === undefined || matches(tool, name));
  // Which tools clients declare, and with which arguments, is not known here.
  if (named.length === 0 && !isClientTool(tool!)) {
    const tools = `${IDE_TOOLS.join(', ')}, and ${CLIENT_TOOL} with a name`;
    faults.push(`${place}.tool: fits no tool; there are ${tools}`);
  }
  const fitting = named.filter((name) => effect === undefined || effectOf(name) === effect);
  if (named.length > 0 && fitting.length === 0) {
    faults.push(`${place}.effect: is that of no tool of the rule: ${named.join(', ')}`);
  }
  if (remember !== undefined && action !== 'ask') faults.push(`${place}.remember: goes with ask only`);
  const known = new Set(catalog.describe(fitting).flatMap(argumentsOf));
  for (const name of fitting.length > 0 ? Object.keys(when) : []) {
    if (!known.has(name))
      faults.push(`${place}.when.${name}: is no argument; there are ${[...known].join(', ')}`);
  }
  // Which agents users have is not known here.
  if (agent !== undefined && !agent.startsWith('user:') && !agentIds.some((id) => matches(agent, id))) {
    faults.push(`${place}.agent: fits no agent; there are ${agentIds.join(', ')}, and user: with a name`);
  }
  return faults;
}

/** Faults of patterns that fit no path or glob of a call, since the tool catalogue refuses these first. */
const unreachable = ({ when = {} }: PolicyRule, place: string): string[] =>
  Object.entries(when).flatMap(([name, text]) => {
    const fault = unreachableFault(name, text);
    return fault === undefined ? [] : [`${place}.when.${name}: ${fault}`];
  });

function unreachableFault(name: string, text: string): string | undefined {
  if (PATTERN_ARGUMENTS.has(name)) return patternFault(text);
  if (!PATH_ARGUMENTS.has(name)) return undefined;
  if (/\{[^{}]*,/.test(text)) return 'must not contain alternatives in braces; write a rule for each';
  return pathFault(text) ?? patternFault(text);
}

const argumentsOf = ({ parameters }: ToolDescription): string[] =>
  Object.keys((parameters['properties'] ?? {}) as object);

async function read({ path, required }: { path: string; required: boolean }): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return undefined;
    throw new ConfigInvalid([`APPROVAL_POLICY_FILE must name a file that can be read (${code})`]);
  }
}
