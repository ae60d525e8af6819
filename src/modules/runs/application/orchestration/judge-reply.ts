import { Injectable } from '@nestjs/common';
import { FieldFault, InputInvalid } from '../../../../shared/domain/domain-error.js';
import { JsonObject, JsonValue, isDeeperThan, isJsonObject } from '../../../../shared/domain/json.js';
import { storableJson, storableText } from '../../../../shared/domain/storable.js';
import {
  EquippedAgent,
  AgentRegistry,
  AgentRoster,
  ToolName,
  forbiddenPath,
  isBuiltInTool,
  isExecutable,
  isIdeTool,
} from '../../../agents/index.js';
import { Todo } from '../../../../shared/domain/todo.js';
import { ModelAnswer, ModelToolCall } from '../../../models/index.js';
import { ApprovalPolicy, type PolicyVerdict, type RememberWhen } from '../../../approvals/index.js';
import { PlanProposal, faultsOf } from '../../../plans/index.js';
import { Tool, ToolSet } from '../../../tools/index.js';
import { parseArguments } from './parse-arguments.js';
import { policyCallOf } from './policy-call.js';
import { NEW_PARAGRAPH } from './spoken-call.js';
import { shownToolName } from './tool-name.js';

/** The depth that requests may have. */
const MAX_DEPTH = 64;

const NO_JSON = 'The arguments are not valid JSON';
/** For the last call of a reply that ended at the output limit: this is not a mistake of the model. */
const AT_LIMIT = 'This call was cut off at the output limit; write smaller pieces';
const CUT_OFF = `${NO_JSON}: they break off, as at the output limit; write smaller pieces`;

/** A tool call of a reply, and the verdict on it. */
export type JudgedCall = CallVerdict & {
  /**
   * The arguments as the model wrote them, or as they were read where it wrote no object. The history repeats these, so
   * that a model reads its own words: they are not rewritten to what was made of them.
   */
  readonly written: JsonValue;
};

type CallVerdict = {
  readonly toolName: string;
  /** The arguments as they were read, which policy, human and client see; as written where they cannot be read. */
  readonly arguments: JsonValue;
} & (
  | { readonly verdict: 'execute' }
  | {
      readonly verdict: 'ask';
      readonly reason: string;
      /** Patterns that a user may allow for the session; unset = not known yet. */
      readonly suggestions?: readonly RememberWhen[];
    }
  | { readonly verdict: 'read' }
  | { readonly verdict: 'note_todos'; readonly todos: readonly Todo[] }
  | { readonly verdict: 'propose'; readonly proposal: PlanProposal }
  | { readonly verdict: 'switch_agent'; readonly agent: string; readonly reason: string }
  | {
      readonly verdict: 'refuse';
      /** What the model reads. */
      readonly error: string;
      /** Whether the call itself is invalid, not only forbidden to the agent. */
      readonly invalid: boolean;
      /** Whether the approval policy forbids it. */
      readonly denied?: boolean;
    }
);

/** The agent that called, and its tools. */
export interface Caller {
  readonly agent: EquippedAgent;
  readonly tools: ToolSet;
}

/** The meaning of a model's reply for its run. */
export type JudgedReply =
  | { readonly kind: 'answer'; readonly content: string; readonly suggestions: string[] | null }
  | { readonly kind: 'calls'; readonly content: string; readonly calls: readonly JudgedCall[] };

/** Checks every part of a model's reply, and decides what happens with it. */
@Injectable()
export class JudgeReply {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly policy: ApprovalPolicy,
  ) {}

  /** @param agents those that hand-overs and plans may name; unset = those of the installation */
  judge(
    caller: Caller,
    answer: ModelAnswer,
    { inBackground, agents = this.agents }: { inBackground: boolean; agents?: AgentRoster | undefined },
  ): JudgedReply {
    const { agent } = caller;
    const { content } = answer;
    if (answer.toolCalls.length === 0) return { kind: 'answer', content, suggestions: null };
    const alone = answer.toolCalls.length === 1;
    const calls: JudgedCall[] = [];
    for (const [index, call] of answer.toolCalls.entries()) {
      const mayBeCut = answer.finishReason === 'length' && index === answer.toolCalls.length - 1;
      const checked = this.check(caller, call, inBackground, mayBeCut);
      if ('verdict' in checked) {
        calls.push(checked);
        continue;
      }
      const { tool, args, written } = checked;
      const { name } = tool.description;
      if (tool.source === 'client' || isIdeTool(name)) {
        calls.push({ ...this.judgeUse(agent, tool, args), written });
      } else if (name === 'read_result') {
        calls.push({ verdict: 'read', toolName: name, arguments: args, written });
      } else if (name === 'update_todos') {
        const todos = args['items'] as unknown as Todo[]; // checked by the catalogue
        calls.push({ verdict: 'note_todos', todos, toolName: name, arguments: args, written });
      } else if (!alone) {
        const error = `${name} must be the only tool call of a reply; call it again when the others are answered`;
        calls.push({ verdict: 'refuse', toolName: name, arguments: args, written, error, invalid: true });
      } else if (name === 'switch_agent') {
        calls.push({ ...judgeSwitch(agent, args, agents), written });
      } else if (name === 'create_plan') {
        calls.push({ ...judgePlan(args, agents), written });
      } else {
        return toAnswer(content, name, args);
      }
    }
    return { kind: 'calls', content, calls };
  }

  /**
   * Checks arguments edited by the user: an edit cannot do what the agent or the policy may not.
   * @throws InputInvalid
   */
  checkEdit({ agent, tools }: Caller, name: ToolName, args: JsonObject): JsonObject {
    const tool = tools.find(name);
    if (!tool) {
      const message = `${agent.id} has no tool ${name} any more`;
      throw new InputInvalid([{ field: 'modified_arguments', message }]);
    }
    const parsed = tool.parse(args);
    const faults = parsed.ok
      ? this.faultsOfUse(agent, tool, parsed.arguments)
      : parsed.faults.map(({ field, message }) => ({ field: `modified_arguments.${field}`, message }));
    if (!parsed.ok || faults.length > 0) throw new InputInvalid(faults);
    return parsed.arguments;
  }

  private faultsOfUse(agent: EquippedAgent, tool: Tool, args: JsonObject): FieldFault[] {
    const path = forbiddenPath(agent, tool.description.name, args);
    if (path !== undefined) {
      const field = path === args['path'] ? 'path' : 'to';
      return [{ field: `modified_arguments.${field}`, message: `${agent.id} may not write ${path}` }];
    }
    const { action, reason } = this.decide(agent, tool, args);
    if (action !== 'deny') return [];
    return [{ field: 'modified_arguments', message: `the policy forbids this: ${reason}` }];
  }

  /** The call with valid arguments and an allowed tool, or its refusal. */
  private check(
    { agent, tools }: Caller,
    call: ModelToolCall,
    inBackground: boolean,
    mayBeCut: boolean,
  ): JudgedCall | { tool: Tool; args: JsonObject; written: JsonObject } {
    const name = shownToolName(call.toolName);
    const given = parseArguments(call.arguments);
    const isTooDeep = isDeeperThan(given, MAX_DEPTH);
    const written = isTooDeep ? {} : storableJson(given ?? call.arguments);
    const refuse = (error: string, invalid: boolean): JudgedCall => ({
      verdict: 'refuse',
      toolName: name,
      arguments: written,
      written,
      error: mayBeCut && invalid ? AT_LIMIT : storableText(error), // may quote text of the model
      invalid: invalid && !mayBeCut,
    });
    if (isTooDeep) return refuse(`The arguments are nested deeper than ${MAX_DEPTH} levels`, true);
    const tool = tools.find(name);
    if (!tool) {
      const yours = `your tools are ${tools.names.join(', ')}`;
      if (!isBuiltInTool(name)) return refuse(`There is no tool ${name}; ${yours}`, true);
      if (!isExecutable(agent.client, name)) {
        return refuse(`${name} is not available in this session; ${yours}`, false);
      }
      const here = inBackground
        ? `${name} is not available in background`
        : this.forbidden({ agent, tools }, name, undefined);
      return refuse(here, false);
    }
    const example = tool.example ? `\nArguments of ${name} look like ${JSON.stringify(tool.example)}` : '';
    if (given === undefined) return refuse(`${call.isCutOff ? CUT_OFF : NO_JSON}${example}`, true);
    const parsed = tool.parse(given);
    if (!parsed.ok) return refuse(textOf(parsed.faults) + example, true);
    const path = forbiddenPath(agent, name, parsed.arguments);
    if (path !== undefined) return refuse(this.forbidden({ agent, tools }, name, path), false);
    // Checked as the model wrote them, then made storable: a path with NUL is refused, not corrected.
    const args = storableJson(parsed.arguments) as JsonObject;
    return { tool, args, written: isJsonObject(written) ? written : args };
  }

  private forbidden({ agent, tools }: Caller, tool: ToolName, path: string | undefined): string {
    const what = path === undefined ? `use ${tool}` : `write ${path}`;
    const handsOver = agent.tools.includes('switch_agent');
    const able = isIdeTool(tool) || handsOver ? this.agents.alternativeTo(agent.id, tool, path) : undefined;
    if (!able) return `${agent.id} may not ${what} here; your tools are ${tools.names.join(', ')}`;
    return `${agent.id} may not ${what}; ${able.id} may${handsOver ? ': hand over with switch_agent' : ''}`;
  }

  private judgeUse(agent: EquippedAgent, tool: Tool, args: JsonObject): CallVerdict {
    const { action, reason } = this.decide(agent, tool, args);
    const call = { toolName: tool.description.name, arguments: args };
    if (action === 'allow') return { ...call, verdict: 'execute' };
    if (action === 'ask') return { ...call, verdict: 'ask', reason };
    return { ...call, ...refusalOf(reason) };
  }

  private decide(agent: EquippedAgent, tool: Tool, args: JsonObject): PolicyVerdict {
    return this.policy.decide(policyCallOf(agent, tool, args));
  }
}

/** The verdict on a call that is forbidden. */
export const refusalOf = (reason: string) =>
  ({
    verdict: 'refuse',
    error: `This call is forbidden here: ${reason}`,
    invalid: false,
    denied: true,
  }) as const;

function judgePlan(args: JsonObject, agents: AgentRoster): CallVerdict {
  const proposal = toProposal(args as unknown as PlanArguments);
  const call = { toolName: 'create_plan', arguments: args };
  const faults = faultsOf(
    proposal.subtasks,
    agents.forSubtasks().map(({ id }) => id),
  );
  if (faults.length === 0) return { ...call, verdict: 'propose', proposal };
  return { ...call, verdict: 'refuse', error: textOf(faults), invalid: true };
}

function judgeSwitch(agent: EquippedAgent, args: JsonObject, agents: AgentRoster): CallVerdict {
  const { agent: to, reason } = args as { agent: string; reason: string };
  const candidates = agents.successorsOf(agent).map(({ id }) => id);
  const called = { toolName: 'switch_agent', arguments: args };
  if (candidates.includes(to)) return { ...called, verdict: 'switch_agent', agent: to, reason };
  const error = `You cannot hand over to ${to}; there are ${candidates.join(', ')}`;
  return { ...called, verdict: 'refuse', error, invalid: true };
}

/** Turns a call that ends the turn into the message of the assistant. */
function toAnswer(content: string, name: ToolName, args: JsonObject): JudgedReply {
  const said = name === 'attempt_completion' ? args['result'] : args['question'];
  return {
    kind: 'answer',
    content: [content, said]
      .filter((part): part is string => typeof part === 'string' && part !== '')
      .join(NEW_PARAGRAPH),
    suggestions: (args['suggestions'] as string[] | undefined) ?? null,
  };
}

/** The arguments of create_plan, checked by the catalogue. */
interface PlanArguments {
  readonly title: string;
  readonly description: string;
  readonly subtasks: readonly {
    readonly title: string;
    readonly description: string;
    readonly agent: string;
    readonly estimated_minutes?: number;
    readonly dependencies?: readonly number[];
  }[];
}

const toProposal = ({ title, description, subtasks }: PlanArguments): PlanProposal => ({
  title,
  description,
  subtasks: subtasks.map((subtask) => ({
    title: subtask.title,
    description: subtask.description,
    agent: subtask.agent,
    estimatedMinutes: subtask.estimated_minutes ?? null,
    dependencies: subtask.dependencies ?? [],
  })),
});

const textOf = (faults: readonly FieldFault[]): string =>
  faults.map(({ field, message }) => `${field}: ${message}`).join('; ');
