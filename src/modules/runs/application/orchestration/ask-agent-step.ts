import { Injectable, Logger } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { DeltaLog } from '../../../../shared/application/delta-log.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { ImagesInHand, PrepareTurn } from '../../../context/index.js';
import { messageDiscarded } from '../../../conversations/index.js';
import { failedCall, LlmCallRepository, ModelError } from '../../../models/index.js';
import { PlanState } from '../../../plans/index.js';
import { Tool, ToolListRepository, digestOfTool } from '../../../tools/index.js';
import { RunError } from '../../domain/run-failure.js';
import { RunRepository } from '../../domain/run.repository.js';
import { errorOf, isDetached, toRunError } from '../lifecycle/endings.js';
import { ModelCalls } from '../lifecycle/model-calls.js';
import { RecordFailure } from '../lifecycle/record-failure.js';
import { RunAtWork } from '../run.queries.js';
import { ApplyReply } from './apply-reply.js';
import { Draft, Drafts, started, toMessage } from './drafts.js';
import { ObtainReply, PendingReply } from './obtain-reply.js';
import { COMPLETED, OUT_OF_CALLS, STOPPED, StepEnd } from './step-end.js';
import { Turn } from './turn.js';

/** The step that asks the agent: its reply, with all consequences, or the failure of the run. */
@Injectable()
export class AskAgentStep {
  private readonly logger = new Logger(AskAgentStep.name);

  constructor(
    private readonly prepareTurn: PrepareTurn,
    private readonly imagesInHand: ImagesInHand,
    private readonly calls: ModelCalls,
    private readonly drafts: Drafts,
    private readonly obtainReply: ObtainReply,
    private readonly applyReply: ApplyReply,
    private readonly failure: RecordFailure,
    private readonly deltas: DeltaLog,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
  ) {}

  /**
   * @param plan the plan that the run executes, if it does
   * @param classifiedMs duration of the model call that classified the task; undefined if this process has made none
   */
  async ask(
    run: RunAtWork,
    plan: PlanState | undefined,
    signal: AbortSignal,
    classifiedMs?: number,
  ): Promise<StepEnd> {
    const turn: Turn = { run, ...(await this.prepareTurn.of(run, plan, signal)) };
    const draft = this.drafts.begin(turn, run.openCall);
    if (!run.openCall && !(await this.calls.open(run, draft.call, turn.agent, signal, started(draft))))
      return OUT_OF_CALLS;
    const images = this.imagesInHand.hold();
    const pending: PendingReply = { draft, images, modelMs: modelMsBefore(run, classifiedMs), signal };
    try {
      const reply = await this.obtainReply.obtain(pending);
      return { ...COMPLETED, run: await this.applyReply.apply(reply) };
    } catch (error) {
      return await this.end(pending.draft, error, signal);
    } finally {
      images.release();
    }
  }

  /** @throws the error if another process executes the run by now */
  private async end(draft: Draft, error: unknown, signal: AbortSignal): Promise<StepEnd> {
    if (isDetached(error, signal)) throw error;
    await this.deltas.flushed(draft.messageId);
    if (signal.aborted) {
      await this.applyReply.cut(draft, signal.reason);
      return STOPPED;
    }
    const failure =
      error instanceof ModelError
        ? toRunError(error, this.clock.now())
        : errorOf(error, this.logger, draft.turn.run.id);
    const refused = refusedTool(draft, error);
    return this.fail(draft, refused ? toolRefused(draft, refused, failure) : failure, refused);
  }

  /** @param refused a tool of a client that is left out from now on */
  private async fail(draft: Draft, error: RunError, refused?: Tool): Promise<StepEnd> {
    await this.patience.writeOutcome('fail_run', async (tx) => {
      const run = await tx.get(RunRepository).getLeased(draft.turn.run);
      const failed = failedCall(error, draft.used, this.clock.now());
      if (!(await tx.get(LlmCallRepository).settle(draft.call.id, failed))) return;
      run.addUsage(draft.used);
      tx.record(messageDiscarded(toMessage(draft), error.code));
      if (refused) {
        const tool = { digest: digestOfTool(refused.description), model: draft.call.model };
        tx.get(ToolListRepository).refuse(draft.turn.run.sessionId, tool);
      }
      await this.failure.record(tx, run, error);
    });
    return { outcome: error.code };
  }
}

/** How long a run has waited for models before its first answer; undefined if this is another one, or that is unknown. */
function modelMsBefore({ usage, openCall }: RunAtWork, classifiedMs: number | undefined): number | undefined {
  const callsBefore = usage.modelCalls - (openCall ? 1 : 0);
  const classified = classifiedMs === undefined ? 0 : 1;
  return callsBefore === classified ? (classifiedMs ?? 0) : undefined;
}

/** The refused tool of a client. If a provider refuses a built-in tool, it refuses the request. */
function refusedTool({ turn }: Draft, error: unknown): Tool | undefined {
  const { toolPlace, toolName } = error instanceof ModelError ? error.facts : {};
  const tool =
    (toolPlace !== undefined && turn.tools.at(toolPlace)) ||
    (toolName !== undefined && turn.tools.find(toolName)) ||
    undefined;
  return tool?.source === 'client' ? tool : undefined;
}

const toolRefused = ({ call }: Draft, { description: { name } }: Tool, failure: RunError): RunError => ({
  ...failure,
  code: 'model.tool_refused',
  message: `The model ${call.model} refuses the tool ${name} of a client; it is left out from the next run on`,
});
