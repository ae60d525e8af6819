import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import {
  abortedCall,
  completedCall,
  LlmCall,
  LlmCallRepository,
  ModelAnswer,
} from '../../../models/index.js';
import { Approval, ApprovalRepository } from '../../../approvals/index.js';
import { messageDiscarded, newMessage } from '../../../conversations/index.js';
import { PlanRepository } from '../../../plans/index.js';
import { SessionRepository } from '../../../sessions/index.js';
import { ARGUMENTS_INVALID, Run, RunState, SWITCH_LIMIT } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { JudgeReply, JudgedCall } from './judge-reply.js';
import { Turn } from './prepare-turn.js';
import { ProposePlan } from './propose-plan.js';
import { RecordFailure } from '../lifecycle/record-failure.js';
import { endStopped, isCancelled } from '../lifecycle/endings.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { appendSpoken } from '../lifecycle/spoken-message.js';
import { subjectOf } from './subject-of-call.js';
import { SettleToolCall } from '../lifecycle/settle-tool-call.js';
import { ResumeRun } from '../settlement/resume-run.js';

/** A model's reply, and the message and ledger entry that it completes. */
export interface Reply {
  readonly turn: Turn;
  readonly call: LlmCall;
  readonly messageId: string;
  readonly answer: ModelAnswer;
}

/** A tool call of a reply, and the verdict on it. */
interface DecidedCall {
  readonly judged: JudgedCall;
  readonly call: ToolCall;
}

/** Stores a model's reply and all its consequences in one unit of work. */
@Injectable()
export class ApplyReply {
  constructor(
    private readonly judge: JudgeReply,
    private readonly resumeRun: ResumeRun,
    private readonly settleToolCall: SettleToolCall,
    private readonly proposePlan: ProposePlan,
    private readonly failure: RecordFailure,
    private readonly runWriter: RunWriter,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** @returns the run after it; undefined if the reply was stored before */
  async apply(given: Reply): Promise<RunState | undefined> {
    const { turn, answer } = given;
    const reply = this.judge.judge(turn.agent, answer, { inBackground: turn.run.jobId !== null });
    const called = (reply.kind === 'calls' ? reply.calls : []).map((judged) => ({
      judged,
      call: this.toToolCall(given, judged),
    }));
    return this.patience.writeOutcome('save_assistant_message', async (tx) => {
      const now = this.clock.now();
      const [run, isNew] = await Promise.all([
        tx.get(RunRepository).getLeased(turn.run),
        tx.get(LlmCallRepository).settle(given.call.id, completedCall(answer, now)),
      ]);
      if (!isNew) return undefined;
      run.addUsage(answer.usage);
      await appendSpoken(tx, {
        ...this.message(given, reply.content, now),
        toolCalls: called.map(({ call, judged }) => ({
          callId: call.id,
          toolName: judged.toolName,
          arguments: judged.arguments,
        })),
        suggestions: reply.kind === 'answer' ? reply.suggestions : null,
        // A turn ended by a tool is complete, also if the provider gives another finish reason.
        finishReason: reply.kind === 'answer' && answer.toolCalls.length > 0 ? 'stop' : answer.finishReason,
        usage: answer.usage,
        reasoning: answer.reasoning,
      });
      if (reply.kind === 'calls') {
        // A run with a requested cancellation starts nothing new; a final answer still counts.
        if (run.isCancelRequested) await this.cancelInstead(tx, run, called, now);
        else await this.applyCalls(tx, run, called, now);
        return run.snapshot();
      }
      run.countReply('valid');
      if (turn.subtaskId) await this.finishSubtask(tx, run, turn.subtaskId, reply.content, now);
      else run.complete(now);
      await this.runWriter.save(tx, run);
      return run.snapshot();
    });
  }

  /** Stores the text received before the run was stopped, and ends the run. */
  async cut(cut: Omit<Reply, 'answer'> & { content: string; reason: unknown }): Promise<void> {
    const { run: begun } = cut.turn;
    await this.patience.writeOutcome('interrupt_run', async (tx) => {
      const run = await tx.get(RunRepository).getLeased(begun);
      if (!(await tx.get(LlmCallRepository).settle(cut.call.id, abortedCall(this.clock.now())))) return;
      const now = this.clock.now();
      const finishReason = isCancelled(run, cut.reason) ? 'cancelled' : 'interrupted';
      if (cut.content === '') {
        tx.record(
          messageDiscarded({ id: cut.messageId, sessionId: begun.sessionId, runId: run.id }, finishReason),
        );
      } else {
        await appendSpoken(tx, { ...this.message(cut, cut.content, now), finishReason });
      }
      endStopped(run, cut.reason, now);
      await this.runWriter.save(tx, run);
    });
  }

  /** Completes a subtask with the words of its agent; discards them if the plan was cancelled meanwhile. */
  private async finishSubtask(
    tx: Transaction,
    run: Run,
    subtaskId: string,
    result: string,
    now: Date,
  ): Promise<void> {
    const plan = await tx.get(PlanRepository).findOpen(run.id);
    if (plan?.running?.id !== subtaskId) return;
    plan.finishSubtask(result, now);
    await tx.get(PlanRepository).save(plan);
  }

  private async cancelInstead(
    tx: Transaction,
    run: Run,
    called: readonly DecidedCall[],
    now: Date,
  ): Promise<void> {
    await this.discard(tx, called, now);
    run.cancel(now);
    await this.runWriter.save(tx, run);
  }

  private discard(tx: Transaction, called: readonly DecidedCall[], now: Date): Promise<void> {
    return this.settleToolCall.discard(
      tx,
      called.map(({ call }) => call),
      now,
    );
  }

  private async applyCalls(
    tx: Transaction,
    run: Run,
    called: readonly DecidedCall[],
    now: Date,
  ): Promise<void> {
    const invalid = called.some(({ judged }) => judged.verdict === 'refuse' && judged.invalid);
    if (!run.countReply(invalid ? 'invalid' : 'valid')) {
      await this.discard(tx, called, now);
      return this.failure.record(tx, run, ARGUMENTS_INVALID);
    }
    const open: ToolCall[] = [];
    for (const each of called) {
      if (each.judged.verdict === 'switch_agent' && !run.maySwitchAgent) {
        await this.discard(tx, [each], now);
        return this.failure.record(tx, run, SWITCH_LIMIT);
      }
      if (await this.applyCall(tx, run, each, now)) open.push(each.call);
    }
    if (open.length > 0) run.wait(await this.resumeRun.waitingFor(tx, open));
    await this.runWriter.save(tx, run);
  }

  /** @returns whether the run waits for the client to answer the call */
  private async applyCall(
    tx: Transaction,
    run: Run,
    { judged, call }: DecidedCall,
    now: Date,
  ): Promise<boolean> {
    switch (judged.verdict) {
      case 'execute':
        await this.request(tx, call, now);
        return true;
      case 'ask':
        if (await tx.get(ApprovalRepository).isRemembered(run.snapshot().sessionId, judged.toolName)) {
          await this.request(tx, call, now);
        } else {
          await this.askForApproval(tx, run, call, judged.reason, now);
        }
        return true;
      case 'propose':
        await tx.get(ToolCallRepository).add(call);
        await this.proposePlan.propose(tx, run, call, judged.proposal, now);
        return false;
      case 'refuse': {
        const outcome = {
          end: judged.denied ? 'reject' : 'fail',
          content: `Error: ${judged.error}`,
        } as const;
        await this.settleToolCall.settleAtOnce(tx, run, call, outcome, now);
        return false;
      }
      case 'switch_agent': {
        const outcome = { end: 'complete', content: `${judged.agent} answers from now on` } as const;
        await this.settleToolCall.settleAtOnce(tx, run, call, outcome, now);
        await this.handOver(tx, run, judged.agent, judged.reason, now);
        return false;
      }
    }
  }

  private async request(tx: Transaction, call: ToolCall, now: Date): Promise<void> {
    call.request(new Date(now.getTime() + this.config.toolResultTimeoutSeconds * 1000));
    await tx.get(ToolCallRepository).add(call);
  }

  private async askForApproval(
    tx: Transaction,
    run: Run,
    call: ToolCall,
    reason: string,
    now: Date,
  ): Promise<void> {
    await tx.get(ToolCallRepository).add(call);
    const { sessionId, runId, toolName, arguments: args } = call.snapshot();
    const approval = Approval.request({
      id: this.ids.next(),
      sessionId,
      runId,
      userId: run.snapshot().userId,
      kind: 'tool_call',
      callId: call.id,
      planId: null,
      toolName,
      subject: subjectOf(toolName, args as JsonObject),
      arguments: args as JsonObject,
      reason,
      expiresAt: new Date(now.getTime() + this.config.approvalTimeoutSeconds * 1000),
      createdAt: now,
    });
    await tx.get(ApprovalRepository).add(approval);
  }

  private async handOver(tx: Transaction, run: Run, to: string, reason: string, now: Date): Promise<void> {
    const { sessionId, userId } = run.snapshot();
    const session = await tx.get(SessionRepository).get(sessionId, userId);
    session.handOver({
      id: this.ids.next(),
      from: run.agent,
      to,
      by: 'runtime',
      reason,
      confidence: null,
      runId: run.id,
      createdAt: now,
    });
    await tx.get(SessionRepository).save(session);
    run.switchTo(to);
  }

  private toToolCall({ turn, messageId }: Reply, { toolName, arguments: args }: JudgedCall): ToolCall {
    return ToolCall.create({
      id: this.ids.next(),
      sessionId: turn.run.sessionId,
      runId: turn.run.id,
      messageId,
      subtaskId: turn.subtaskId,
      agent: turn.agent.id,
      toolName,
      arguments: args,
      createdAt: this.clock.now(),
    });
  }

  private message({ turn, messageId }: Pick<Reply, 'turn' | 'messageId'>, content: string, createdAt: Date) {
    return newMessage({
      id: messageId,
      sessionId: turn.run.sessionId,
      runId: turn.run.id,
      subtaskId: turn.subtaskId,
      jobId: turn.run.jobId,
      role: 'assistant',
      agent: turn.agent.id,
      content,
      createdAt,
    });
  }
}
