import { JsonObject, JsonValue } from '../../../shared/domain/json.js';
import { plainPath } from '../../../shared/domain/plain-path.js';

export const POLICY_ACTIONS = ['allow', 'ask', 'deny'] as const;

export type PolicyAction = (typeof POLICY_ACTIONS)[number];

/** What may be done without asking. In patterns `*` stands for any text, also for none, and `?` for one character. */
export interface PolicyRule {
  readonly tool: string;
  /** Unset = whichever agent it is. */
  readonly agent?: string | undefined;
  /** Patterns by argument: all of them must fit. An argument that is not given fits none. */
  readonly when?: Readonly<Record<string, string>> | undefined;
  readonly action: PolicyAction;
  /** For people, and for the model where the action is `deny`. */
  readonly reason: string;
}

export interface PolicyVerdict {
  readonly action: PolicyAction;
  readonly reason: string;
}

/** What changes the workspace or runs in it is asked; reading is not. */
const DEFAULT_RULES: readonly PolicyRule[] = [
  { tool: 'write_file', action: 'ask', reason: 'It changes a file' },
  { tool: 'create_directory', action: 'ask', reason: 'It makes a folder' },
  { tool: 'execute_command', action: 'ask', reason: 'It runs a command' },
  { tool: '*', action: 'allow', reason: 'It only reads' },
];

/** Ordered rules for tool calls; the first that fits decides. */
export class ApprovalPolicy {
  private readonly rules: readonly PolicyRule[];

  /** @param rules of this installation; what fits none of them is decided by the default rules */
  constructor(rules: readonly PolicyRule[]) {
    this.rules = [...rules, ...DEFAULT_RULES];
  }

  decide(call: { tool: string; agent: string; arguments: JsonObject }): PolicyVerdict {
    const { action, reason } = this.rules.find((rule) => fits(rule, call))!; // the last one fits everything
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
 * Whether a text is of the form that a pattern describes. Not by a regular expression: a model writes the text, and must
 * not find one that takes for ever. Whoever comes to a dead end gives the last `*` one character more.
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
