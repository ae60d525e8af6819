import {
  type AgentContext,
  type ClientCapabilities,
  type PermissionOption,
  type RequestPermissionRequest,
  RequestError,
  methods,
} from '@agentclientprotocol/sdk';
import type { CallApproval, CallDecision, DecisionOnPlan, Plan } from '#client';
import { visible } from '#client/edit';
import type { Roots } from '../ide/roots.js';
import { planCallId, planText } from './plan-view.js';
import { isMcpTool, shownCall, textContent } from './tool-call.js';
import type { Workspace } from './workspace.js';

const CANCELLED = -32800;
/** A decision that the server takes only together with words of the user. */
export const CHANGES = Symbol('the user wants to say what to change');

const ALLOW: PermissionOption = { optionId: 'allow', kind: 'allow_once', name: 'Allow' };
const ALWAYS: PermissionOption = {
  optionId: 'always',
  kind: 'allow_always',
  name: 'Always allow exactly this in this session',
};
/** Of a tool of a client the server remembers the tool. */
const ALWAYS_TOOL: PermissionOption = { ...ALWAYS, name: 'Always allow this tool in this session' };
const REJECT: PermissionOption = { optionId: 'reject', kind: 'reject_once', name: 'Reject' };
const ON_PLAN: PermissionOption[] = [
  { optionId: 'approve', kind: 'allow_once', name: 'Approve the plan' },
  { optionId: 'changes', kind: 'reject_once', name: 'Ask for changes' },
  { optionId: 'reject', kind: 'reject_once', name: 'Reject the plan' },
];

/** Where questions are asked. */
export interface Asker {
  readonly client: AgentContext;
  readonly capabilities: ClientCapabilities;
  readonly sessionId: string;
  readonly roots: Roots;
  readonly workspace: Workspace;
}

/** Asks the user of the editor. A question that is dismissed, or over, has no answer: undefined. */
export class Questions {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** @param signal closes the question */
  async onCall(approval: CallApproval, signal: AbortSignal): Promise<CallDecision | undefined> {
    const { call_id: callId, tool_name: name, arguments: args, suggestions = [], attempt = 1 } = approval;
    const { roots, workspace } = this.#asker;
    const preview = await workspace.preview(name, args);
    const isRepeated = attempt > 1;
    const always = isMcpTool(name) ? ALWAYS_TOOL : ALWAYS;
    const patterns = suggestions.map((pattern, index) => ({
      optionId: `pattern:${index}`,
      kind: 'allow_always' as const,
      name: `Always allow ${visible(Object.values(pattern).join(' '))} in this session`,
    }));
    const chosen = await this.#ask(
      {
        toolCallId: callId,
        status: 'pending',
        ...shownCall(name, args, roots),
        content: isRepeated ? [textContent(visible(approval.reason)), ...preview] : preview,
      },
      isRepeated ? [ALLOW, REJECT] : [ALLOW, ...patterns, always, REJECT],
      signal,
    );
    if (chosen === ALLOW.optionId) return { decision: 'approve' };
    if (chosen === ALWAYS.optionId) return { decision: 'approve', remember: true };
    if (chosen === REJECT.optionId) return { decision: 'reject' };
    const pattern = suggestions[patterns.findIndex(({ optionId }) => optionId === chosen)];
    return pattern && { decision: 'approve', remember_when: pattern };
  }

  /** @returns CHANGES where the editor has no form for what is to be changed */
  async onPlan(plan: Plan, signal: AbortSignal): Promise<DecisionOnPlan | typeof CHANGES | undefined> {
    const { version } = plan;
    const toolCall = {
      ...{ toolCallId: planCallId(plan), kind: 'switch_mode' as const, status: 'pending' as const },
      ...{ title: visible(plan.title), content: [textContent(planText(plan))] },
    };
    for (;;) {
      const chosen = await this.#ask(toolCall, ON_PLAN, signal);
      if (chosen === 'approve' || chosen === 'reject') return { decision: chosen, version };
      if (chosen !== 'changes') return undefined;
      if (!this.#asker.capabilities.elicitation?.form) return CHANGES;
      const feedback = await this.#changes(plan, signal);
      if (feedback) return { decision: 'modify', feedback, version };
      if (signal.aborted) return undefined;
    }
  }

  async #ask(
    toolCall: RequestPermissionRequest['toolCall'],
    options: PermissionOption[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { client, sessionId } = this.#asker;
    const answer = await client
      .request(
        methods.client.session.requestPermission,
        { sessionId, toolCall, options },
        { cancellationSignal: signal, stopWaitingOnCancel: true },
      )
      .catch(unlessCancelled);
    return answer?.outcome.outcome === 'selected' ? answer.outcome.optionId : undefined;
  }

  /** Undefined where the user says nothing. */
  async #changes(plan: Plan, signal: AbortSignal): Promise<string | undefined> {
    const { client, sessionId } = this.#asker;
    const answer = await client
      .request(
        methods.client.elicitation.create,
        {
          ...{ mode: 'form', sessionId, toolCallId: planCallId(plan) },
          message: `What shall be different in “${visible(plan.title)}”?`,
          requestedSchema: {
            type: 'object',
            properties: { changes: { type: 'string', title: 'Changes', minLength: 1, maxLength: 10_000 } },
            required: ['changes'],
          },
        },
        { cancellationSignal: signal, stopWaitingOnCancel: true },
      )
      .catch(unlessCancelled);
    if (answer?.action !== 'accept') return undefined;
    const { changes } = (answer as { content?: { changes?: unknown } | null }).content ?? {};
    return typeof changes === 'string' ? changes.trim() || undefined : undefined;
  }
}

/** The question was closed, by us or by the editor. */
const unlessCancelled = (error: unknown): undefined => {
  if (!(error instanceof RequestError) || error.code !== CANCELLED) throw error;
};
