import { JsonObject } from '../../../shared/domain/json.js';
import { matches } from '../../../shared/domain/wildcards.js';
import { plainPath } from '../../../shared/domain/workspace-path.js';

export const POLICY_ACTIONS = ['allow', 'ask', 'deny'] as const;

export type PolicyAction = (typeof POLICY_ACTIONS)[number];

/** Decides on matching tool calls. In patterns `*` stands for any text, also for none, and `?` for one character. */
export interface PolicyRule {
  readonly tool: string;
  /** Unset = all agents. */
  readonly agent?: string | undefined;
  /** Patterns by argument: all of them must match. A missing argument matches no pattern. Paths are in plain form. */
  readonly when?: Readonly<Record<string, string>> | undefined;
  readonly action: PolicyAction;
  /** Shown to users, and to the model where the action is `deny`. */
  readonly reason: string;
}

export interface PolicyVerdict {
  readonly action: PolicyAction;
  readonly reason: string;
}

/** Tools that write files or run commands need an approval; reading does not. */
const DEFAULT_RULES: readonly PolicyRule[] = [
  { tool: 'write_file', action: 'ask', reason: 'It changes a file' },
  { tool: 'create_directory', action: 'ask', reason: 'It makes a folder' },
  { tool: 'execute_command', action: 'ask', reason: 'It runs a command' },
  { tool: '*', action: 'allow', reason: 'It only reads' },
];

/** Ordered rules for tool calls; the first that matches decides. */
export class ApprovalPolicy {
  private readonly rules: readonly PolicyRule[];

  /** @param rules of this installation; calls that match none of them are decided by the default rules */
  constructor(rules: readonly PolicyRule[]) {
    this.rules = [...rules.map(inPlainForm), ...DEFAULT_RULES];
  }

  /** @param call.arguments as the tool catalogue has accepted them */
  decide(call: { tool: string; agent: string; arguments: JsonObject }): PolicyVerdict {
    const { action, reason } = this.rules.find((rule) => fits(rule, call))!; // the last rule matches all calls
    return { action, reason };
  }
}

const fits = (rule: PolicyRule, call: { tool: string; agent: string; arguments: JsonObject }): boolean =>
  matches(rule.tool, call.tool) &&
  (rule.agent === undefined || matches(rule.agent, call.agent)) &&
  Object.entries(rule.when ?? {}).every(([name, pattern]) => {
    const value = call.arguments[name];
    if (value === undefined) return false;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (matches(pattern, text)) return true;
    // Many file systems find a file by another case or normal form: that does not evade a rule, and allows nothing.
    return rule.action !== 'allow' && FILE_ARGUMENTS.has(name) && matches(fold(pattern), fold(text));
  });

/** Arguments that name one file or folder. */
export const PATH_ARGUMENTS: ReadonlySet<string> = new Set(['path', 'cwd']);
/** Arguments that are globs of files. */
export const PATTERN_ARGUMENTS: ReadonlySet<string> = new Set(['pattern', 'file_pattern']);

const FILE_ARGUMENTS = PATH_ARGUMENTS.union(PATTERN_ARGUMENTS);

const fold = (text: string): string => text.normalize('NFC').toUpperCase().toLowerCase();

const inPlainForm = ({ when = {}, ...rule }: PolicyRule): PolicyRule => ({
  ...rule,
  when: Object.fromEntries(
    Object.entries(when).map(([name, pattern]) => [
      name,
      PATH_ARGUMENTS.has(name) ? plainPath(pattern) : pattern,
    ]),
  ),
});
