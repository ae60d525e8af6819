import { JsonObject, JsonValue } from '../../../shared/domain/json.js';
import { plainPath } from '../../../shared/domain/plain-path.js';

export const POLICY_ACTIONS = ['allow', 'ask', 'deny'] as const;

export type PolicyAction = (typeof POLICY_ACTIONS)[number];

/** Decides on matching tool calls. In patterns `*` stands for any text, also for none, and `?` for one character. */
export interface PolicyRule {
  readonly tool: string;
  /** Unset = all agents. */
  readonly agent?: string | undefined;
  /** Patterns by argument: all of them must match. A missing argument matches no pattern. */
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
    this.rules = [...rules, ...DEFAULT_RULES];
  }

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
    return value !== undefined && matches(toText(name, pattern), toText(name, value));
  });

/**
 * Whether a text matches a pattern. Not a regular expression: the text comes from a model, and backtracking on it could
 * take exponential time. After a mismatch the last `*` takes one more character.
 */
export function matches(pattern: string, text: string): boolean {
  const [signs, characters] = [Array.from(pattern), Array.from(text)];
  let sign = 0;
  let at = 0;
  let star: { sign: number; at: number } | undefined;
  while (at < characters.length) {
    if (signs[sign] === '*') {
      star = { sign: sign++, at };
    } else if (signs[sign] === '?' || signs[sign] === characters[at]) {
      sign++;
      at++;
    } else if (star) {
      star.at++;
      sign = star.sign + 1;
      at = star.at;
    } else {
      return false;
    }
  }
  return signs.slice(sign).every((rest) => rest === '*');
}

const PATHS = new Set(['path', 'cwd']);

function toText(name: string, value: JsonValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return PATHS.has(name) ? plainPath(text) : text;
}
