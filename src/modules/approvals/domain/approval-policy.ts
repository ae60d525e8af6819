import { fold } from '../../../shared/domain/fold.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { ToolEffect } from '../../../shared/domain/tool-effect.js';
import { CLIENT_TOOL, isClientTool } from '../../../shared/domain/tool-source.js';
import { matches } from '../../../shared/domain/wildcards.js';
import { plainPath } from '../../../shared/domain/workspace-path.js';
import type { ApprovalMode } from '../../../shared/domain/approval-mode.js';
import { partsOf } from './command-parts.js';
import { isProtectedPath } from './protected-paths.js';
import {
  Permission,
  RememberWhen,
  ToolUse,
  commandOf,
  covers,
  pathsOf,
  suggestionsFor,
} from './remembering.js';

export const POLICY_ACTIONS = ['allow', 'ask', 'deny'] as const;

export type PolicyAction = (typeof POLICY_ACTIONS)[number];

/** Decides on matching tool calls. In patterns `*` stands for any text, also for none, and `?` for one character. */
export interface PolicyRule {
  /** Unset = any tool. A tool that a client declares is `client:` and its name. */
  readonly tool?: string | undefined;
  /** Unset = tools of any effect. A rule with an effect never allows a tool that a client declares. */
  readonly effect?: ToolEffect | undefined;
  /** Unset = all agents. */
  readonly agent?: string | undefined;
  /** Patterns by argument: all of them must match. A missing argument matches no pattern. Paths are in plain form. */
  readonly when?: Readonly<Record<string, string>> | undefined;
  readonly action: PolicyAction;
  /** Shown to users, and to the model where the action is `deny`. */
  readonly reason: string;
  /** False = the rule asks about each call, even if the user has allowed it for the session. */
  readonly remember?: boolean | undefined;
}

/** A tool call, for the policy to decide on. */
export interface PolicyCall {
  /** A tool that a client declares is `client:` and its name. */
  readonly tool: string;
  readonly effect: ToolEffect;
  readonly agent: string;
  /** As the tool catalogue has accepted them. */
  readonly arguments: JsonObject;
}

export interface PolicyVerdict {
  readonly action: PolicyAction;
  readonly reason: string;
}

/** What a user has set and allowed for a session. */
export interface SessionConsent {
  readonly mode: ApprovalMode;
  readonly permissions: readonly Permission[];
}

/** The model reads it. */
const READ_ONLY = 'the user has made this session read-only; look around, and say what you would change';

/** Tools that write files or run commands need an approval; reading does not. */
const DEFAULT_RULES: readonly PolicyRule[] = [
  { tool: `${CLIENT_TOOL}*`, action: 'ask', reason: 'A client has declared this tool' },
  { tool: 'create_directory', effect: 'write', action: 'ask', reason: 'It makes a folder' },
  { effect: 'write', action: 'ask', reason: 'It changes a file' },
  { effect: 'execute', action: 'ask', reason: 'It runs a command' },
  { effect: 'read', action: 'allow', reason: 'It only reads' },
];

/** Ordered rules for tool calls; the first that matches decides. */
export class ApprovalPolicy {
  private readonly rules: readonly PolicyRule[];
  private readonly protectedPaths: readonly string[];

  /**
   * @param rules of this installation; calls that match none of them are decided by the default rules
   * @param protectedPaths patterns of paths that only a rule allows without a question, beside the built-in ones
   */
  constructor(rules: readonly PolicyRule[], protectedPaths: readonly string[] = []) {
    this.rules = [...rules.map(inPlainForm), ...DEFAULT_RULES];
    this.protectedPaths = protectedPaths.map(plainPath);
  }

  /** The decision by the rules alone. */
  decide(call: PolicyCall): PolicyVerdict {
    const { action, reason } = this.ruleOf(call);
    return { action, reason };
  }

  /** The decision in a session. The order of its steps is promised: docs/operations.md. */
  decideIn({ mode, permissions }: SessionConsent, call: PolicyCall): PolicyVerdict {
    const rule = this.ruleOf(call);
    const { action, reason } = rule;
    if (action === 'deny') return { action, reason };
    if (mode === 'read_only' && call.effect !== 'read') return { action: 'deny', reason: READ_ONLY };
    if (action === 'allow' || this.isProtected(call)) return { action, reason };
    const isRemembered =
      rule.remember !== false && permissions.some((permission) => covers(permission, call));
    const isAccepted = mode === 'accept_edits' && rule.effect === 'write' && DEFAULT_RULES.includes(rule);
    return { action: isRemembered || isAccepted ? 'allow' : 'ask', reason };
  }

  /** Whether a call names a path about which a person is asked each time, unless a rule allows or forbids it. */
  isProtected(use: ToolUse): boolean {
    return pathsOf(use).some((path) => isProtectedPath(path, this.protectedPaths));
  }

  /** The patterns that a user may allow for the session with an approval. */
  suggestions(call: PolicyCall): RememberWhen[] {
    const isAskedEachTime = this.isProtected(call) || this.ruleOf(call).remember === false;
    return isAskedEachTime ? [] : suggestionsFor(call);
  }

  private ruleOf(call: PolicyCall): PolicyRule {
    // At any position: an earlier rule that allows the whole command does not allow the commands inside it.
    const parts = partsIn(call);
    const forbidding = this.rules.find(
      (rule) => rule.action === 'deny' && !fits(rule, call) && parts.some((part) => fits(rule, part)),
    );
    return forbidding ?? this.rules.find((rule) => fits(rule, call))!; // each effect has a default rule
  }
}

/** The calls of the commands that a command may hide. */
const partsIn = (call: PolicyCall): PolicyCall[] => {
  const command = commandOf(call);
  return command === undefined
    ? []
    : partsOf(command).map((part) => ({ ...call, arguments: { ...call.arguments, command: part } }));
};

const fits = (rule: PolicyRule, call: PolicyCall): boolean =>
  (rule.tool === undefined || matches(rule.tool, call.tool)) &&
  (rule.effect === undefined || (rule.effect === call.effect && mayGoByEffect(rule, call))) &&
  (rule.agent === undefined || matches(rule.agent, call.agent)) &&
  Object.entries(rule.when ?? {}).every(([name, pattern]) => {
    const texts = textsOf(call.arguments, name);
    if (rule.action === 'allow') return texts.length > 0 && texts.every((text) => matches(pattern, text));
    // Many file systems ignore case or normal form: this must neither evade a rule nor allow anything.
    const isFile = FILE_ARGUMENTS.has(name);
    return texts.some((text) => matches(pattern, text) || (isFile && matches(fold(pattern), fold(text))));
  });

const mayGoByEffect = ({ action }: PolicyRule, { tool }: PolicyCall): boolean =>
  action !== 'allow' || !isClientTool(tool);

/** What a rule by an argument is about: one by `path` is also about the path that a file is moved to. */
const textsOf = (args: JsonObject, name: string): string[] =>
  (name === 'path' ? [args['path'], args['to']] : [args[name]])
    .filter((value) => value !== undefined)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));

/** Arguments that name one file or folder. */
export const PATH_ARGUMENTS: ReadonlySet<string> = new Set(['path', 'to', 'cwd']);
/** Arguments that are globs of files. */
export const PATTERN_ARGUMENTS: ReadonlySet<string> = new Set(['pattern', 'file_pattern']);

const FILE_ARGUMENTS = PATH_ARGUMENTS.union(PATTERN_ARGUMENTS);

const inPlainForm = ({ when = {}, ...rule }: PolicyRule): PolicyRule => ({
  ...rule,
  when: Object.fromEntries(
    Object.entries(when).map(([name, pattern]) => [
      name,
      PATH_ARGUMENTS.has(name) ? plainPath(pattern) : pattern,
    ]),
  ),
});
