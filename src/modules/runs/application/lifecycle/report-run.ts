import { Injectable, Logger } from '@nestjs/common';
import { placeOf, placeWithin } from '../../../../shared/application/trace-context.js';
import { Tracing } from '../../../../shared/application/tracing.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Approval } from '../../../approvals/index.js';
import { elapsedMs } from '../../../../shared/domain/clock.js';
import { RunState } from '../../domain/run-state.js';
import { Run } from '../../domain/run.js';
import { ToolCall } from '../../domain/tool-call.js';

/**
 * Logs and traces what has ended, after the commit. The spans may have begun long ago in another process: a waiting
 * run is rows, not an open span.
 */
@Injectable()
export class ReportRun {
  private readonly logger = new Logger(ReportRun.name);

  constructor(private readonly tracing: Tracing) {}

  runEnded(tx: Transaction, run: Run): void {
    const state = run.snapshot();
    tx.afterCommit(() => {
      this.log(state);
      this.trace(state);
    });
  }

  /** Records the span of a tool call that waited for the client or a human. */
  toolCallEnded(tx: Transaction, run: Run, call: ToolCall): void {
    const { context } = placeOf(run.snapshot());
    const { id, toolName, agent, status, createdAt, settledAt } = call.snapshot();
    tx.afterCommit(() =>
      this.tracing.record(`execute_tool ${toolName}`, {
        place: placeWithin(context, id),
        from: createdAt,
        to: settledAt ?? createdAt,
        attributes: {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': toolName,
          'gen_ai.tool.call.id': id,
          'gen_ai.tool.type': 'function',
          'gen_ai.agent.name': agent,
          'agent_runtime.tool_call.status': status,
        },
        errorType: status === 'completed' ? undefined : status,
      }),
    );
  }

  /** Records the span of an approval that was decided or cancelled. */
  approvalEnded(tx: Transaction, run: Run, approval: Approval): void {
    const { id, callId, kind, toolName, decision, status, createdAt, decidedAt } = approval.snapshot();
    const { context } = placeOf(run.snapshot());
    tx.afterCommit(() =>
      this.tracing.record(`approval ${kind}`, {
        place: placeWithin(placeWithin(context, callId).context, id),
        from: createdAt,
        to: decidedAt ?? createdAt,
        attributes: {
          'gen_ai.tool.name': toolName,
          'gen_ai.tool.call.id': callId,
          'agent_runtime.approval.id': id,
          'agent_runtime.approval.decision': decision ?? status,
        },
      }),
    );
  }

  /** With explicit ids: the log context may be that of a request about something else. */
  private log(run: RunState): void {
    const { usage, error } = run;
    this.logger.log(
      {
        run_id: run.id,
        session_id: run.sessionId,
        user_id: run.userId,
        job_id: run.jobId ?? undefined,
        trace_id: placeOf(run).context.traceId,
        status: run.status,
        error: error?.code,
        agent: run.agent,
        attempt: run.attempt,
        model_calls: usage.modelCalls,
        prompt_tokens: usage.promptTokens,
        completion_tokens: usage.completionTokens,
        cost_micros: usage.costMicros ?? undefined,
        duration_ms: durationMs(run),
      },
      'a run ended',
    );
  }

  private trace(run: RunState): void {
    this.tracing.record(`invoke_workflow ${run.trigger}`, {
      place: placeOf(run),
      from: run.createdAt,
      to: run.finishedAt ?? run.createdAt,
      attributes: {
        'gen_ai.operation.name': 'invoke_workflow',
        'gen_ai.workflow.name': run.trigger,
        'gen_ai.conversation.id': run.sessionId,
        'gen_ai.agent.name': run.agent,
        'gen_ai.usage.input_tokens': run.usage.promptTokens,
        'gen_ai.usage.output_tokens': run.usage.completionTokens,
        'agent_runtime.run.id': run.id,
        'agent_runtime.run.status': run.status,
        'agent_runtime.run.attempt': run.attempt,
        'agent_runtime.run.model_calls': run.usage.modelCalls,
      },
      errorType: run.error?.code,
    });
  }
}

const durationMs = ({ createdAt, finishedAt }: RunState): number =>
  elapsedMs(createdAt, finishedAt ?? createdAt);
