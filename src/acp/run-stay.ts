import { type PromptResponse, RequestError } from '@agentclientprotocol/sdk';
import { type AgentRuntime, type Outcome, Problem, type StayOptions } from '#client';
import type { EditorView } from './editor-view.js';
import type { McpTools } from './mcp/mcp-tools.js';
import { CHANGES, type Questions } from './questions.js';
import { markChanges } from './session-record.js';
import type { Translator } from './translator.js';
import type { Turn } from './turn.js';
import type { Workspace } from './workspace.js';

/** `Internal error` of JSON-RPC; `data.code` says more. */
const RUN_FAILED = -32603;
const UNTIL_TAKEN = { retryFor: Infinity };
/** A turn that has ended as it should. */
export const END: PromptResponse = { stopReason: 'end_turn' };

/** What a turn works with while its run is active. */
export interface Stage {
  readonly runtime: AgentRuntime;
  readonly sessionId: string;
  readonly view: EditorView;
  readonly translator: Translator;
  readonly workspace: Workspace;
  readonly mcp: McpTools;
  readonly questions: Questions;
}

type Follow = (options: StayOptions) => Promise<Outcome | undefined>;

/** Stays with the run that answers a prompt: shows it, executes its calls, asks its questions. */
export class RunStay {
  /** The run that this editor was told of, and that has not ended. */
  leftOver: string | undefined;
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** With a run that has just begun. */
  begun(turn: Turn, runId: string): Promise<PromptResponse> {
    const { runtime, sessionId } = this.#stage;
    return this.#stay(turn, runId, (options) => runtime.stay(sessionId, runId, options));
  }

  /** With a run that this process has not begun, or has left; its events are read from the first one on. */
  goOn(turn: Turn, runId: string): Promise<PromptResponse> {
    const { runtime, sessionId } = this.#stage;
    return this.#stay(turn, runId, async (options) => {
      const outcome = await runtime.resume(sessionId, options);
      if (outcome) return outcome;
      const { signal, onEvent } = options;
      return runtime.stay(sessionId, runId, { ...(signal && { signal }), ...(onEvent && { onEvent }) });
    });
  }

  cancel(runId: string): void {
    // It may have ended meanwhile, or gone with its session.
    this.#stage.runtime.runs.cancel(runId, UNTIL_TAKEN).catch((error: unknown) => {
      if (!(error instanceof Problem)) return;
      console.error(`The run ${runId} is not cancelled: ${error.message}`);
    });
  }

  async #stay(turn: Turn, runId: string, follow: Follow): Promise<PromptResponse> {
    const { runtime, sessionId, view, translator, workspace, mcp, questions } = this.#stage;
    turn.runId = runId;
    this.leftOver = runId;
    if (turn.isCancelled) this.cancel(runId);
    try {
      const outcome = await follow({
        signal: turn.staying,
        tools: workspace.tools((callId, content) => translator.note(callId, content)),
        declared: mcp.declared,
        onApproval: (approval, { signal }) =>
          questions.onCall(approval, AbortSignal.any([signal, turn.questions])),
        onPlan: async (plan, { signal }) => {
          const decision = await questions.onPlan(plan, AbortSignal.any([signal, turn.questions]));
          if (decision !== CHANGES) return decision;
          await markChanges(runtime, sessionId, { plan_id: plan.id, version: plan.version });
          turn.leave();
          return undefined;
        },
        onEvent: (event) => view.show(translator.apply(event)),
      });
      this.leftOver = undefined;
      return answerFor(outcome!, translator.finishReason);
    } catch (error) {
      if (!turn.hasLeft) throw error;
      await view.show(translator.endPlanCall());
      await view.say('Say what to change in the plan.');
      return END;
    }
  }
}

function answerFor({ status, error }: Outcome, finishReason: string | null): PromptResponse {
  if (status === 'cancelled') return { stopReason: 'cancelled' };
  if (status === 'model_call_limit') return { stopReason: 'max_turn_requests' };
  if (status === 'completed') {
    if (finishReason === 'length') return { stopReason: 'max_tokens' };
    return { stopReason: finishReason === 'content_filter' ? 'refusal' : 'end_turn' };
  }
  throw new RequestError(RUN_FAILED, error?.message ?? `The run is ${status}`, error && { ...error });
}
