import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Journal } from '../../../shared/application/journal.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { abortedCall, completedCall, LlmCall, LlmCallRepository, ModelAnswer } from '../../models/index.js';
import { Approval, ApprovalRepository } from '../../approvals/index.js';
import { messageDiscarded, newMessage } from '../../conversations/index.js';
import { PlanRepository } from '../../plans/index.js';
import { SessionRepository } from '../../sessions/index.js';
import { ARGUMENTS_INVALID, Run, RunState, SWITCH_LIMIT } from '../domain/run.js';
import { ToolCall } from '../domain/tool-call.js';
import { toolCallRequested } from '../domain/tool-call.events.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { held } from './held-run.js';
import { JudgeReply, JudgedCall } from './judge-reply.js';
import { Turn } from './prepare-turn.js';
import { ProposePlan } from './propose-plan.js';
import { RecordFailure } from './record-failure.js';
import { endStopped, isCancelled } from './run-end.js';
import { SaveRun } from './save-run.js';
import { appendSpoken } from './spoken-message.js';
import { subjectOf } from './subject-of-call.js';
import { ToolAnswers } from './tool-answers.js';

export interface Replied {
  readonly turn: Turn;
  readonly call: LlmCall;
  readonly messageId: string;
  readonly answer: ModelAnswer;
}

/** A call of a reply, and what is to become of it. */
interface Called {
  readonly judged: JudgedCall;
  readonly call: ToolCall;
}

/** Stores a model's reply and all it sets in motion in one unit of work. */
@Injectable()
export class RecordReply {
  constructor(
    private readonly judge: JudgeReply,
    private readonly answers: ToolAnswers,
    private readonly proposePlan: ProposePlan,
    private readonly failure: RecordFailure,
    private readonly saveRun: SaveRun,
    private readonly journal: Journal,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** @returns the run after it; undefined where it was stored already */
  async execute(replied: Replied): Promise<RunState | undefined> {
    const { turn, answer } = replied;
    const reply = this.judge.judge(turn.agent, answer, { inBackground: turn.run.jobId !== null });
    const called = (reply.kind === 'calls' ? reply.calls : []).map((judged) => ({
      judged,
      call: this.toToolCall(replied, judged),
    }));
    return this.journal.writeOutcome('save_assistant_message', async (tx) => {
      const now = this.clock.now();
      const [run, isNew] = await Promise.all([
        held(tx, turn.run),
        tx.get(LlmCallRepository).settle(replied.call.id, completedCall(answer, now)),
      ]);
      if (!isNew) return undefined;
      run.addUsage(answer.usage);
      await appendSpoken(tx, {
        ...this.message(replied, reply.content, now),
        toolCalls: called.map(({ call }) => ({
          callId: call.id,
          toolName: call.toolName,
          arguments: call.arguments,
        })),
        suggestions: reply.kind === 'answer' ? reply.suggestions : null,
        // A turn that is ended by a tool is ended, whatever the provider calls it.
        finishReason: reply.kind === 'answer' && answer.toolCalls.length > 0 ? 'stop' : answer.finishReason,
        usage: answer.usage,
      });
      if (reply.kind === 'calls') {
        // Nothing new is begun in a run that is to end; an answer, in contrast, is one.
        if (run.isCancelRequested) await this.cancelInstead(tx, run, called, now);
        else await this.carryOut(tx, run, called, now);
        return run.snapshot();
      }
      run.noteReply('valid');
      if (turn.subtaskId) await this.finishSubtask(tx, run, turn.subtaskId, reply.content, now);
      else run.complete(now);
      await this.saveRun.execute(tx, run);
      return run.snapshot();
    });
  }

  /** Stores what was said before the run had to stop, and ends it. */
  async cut(cut: Omit<Replied, 'answer'> & { content: string; reason: unknown }): Promise<void> {
    const { run: begun } = cut.turn;
    await this.journal.writeOutcome('interrupt_run', async (tx) => {
      const run = await held(tx, begun);
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
      await this.saveRun.execute(tx, run);
    });
  }

  /** A subtask ends with the words of its agent. Where its plan was cancelled meanwhile, nobody asks for them. */
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
    called: readonly Called[],
    now: Date,
  ): Promise<void> {
    await this.addCancelled(tx, called, now);
    run.cancel(now);
    await this.saveRun.execute(tx, run);
  }

  /** Calls that nobody will carry out: they are kept, and no client hears of them. */
  private async addCancelled(tx: Transaction, called: readonly Called[], now: Date): Promise<void> {
    for (const { call } of called) {
      await tx.get(ToolCallRepository).add({ ...call, status: 'cancelled', settledAt: now });
    }
  }

  private async carryOut(tx: Transaction, run: Run, called: readonly Called[], now: Date): Promise<void> {
    const invalid = called.some(({ judged }) => judged.verdict === 'refuse' && judged.invalid);
    if (!run.noteReply(invalid ? 'invalid' : 'valid')) {
      await this.addCancelled(tx, called, now);
      return this.failure.execute(tx, run, ARGUMENTS_INVALID);
    }
    const open: ToolCall[] = [];
    for (const { judged, call } of called) {
      if (judged.verdict === 'switch_agent' && !run.maySwitchAgent) {
        await this.addCancelled(tx, [{ judged, call }], now);
        return this.failure.execute(tx, run, SWITCH_LIMIT);
      }
      const waiting = await this.carryOutOne(tx, run, judged, call, now);
      if (waiting) open.push(waiting);
    }
    if (open.length > 0) run.wait(await this.answers.waitingFor(tx, open));
    await this.saveRun.execute(tx, run);
  }

  /** @returns the call as it is then, where the client has to do something about it */
  private async carryOutOne(
    tx: Transaction,
    run: Run,
    judged: JudgedCall,
    call: ToolCall,
    now: Date,
  ): Promise<ToolCall | undefined> {
    const toolCalls = tx.get(ToolCallRepository);
    switch (judged.verdict) {
      case 'execute':
        return this.request(tx, call, now);
      case 'ask':
        if (await tx.get(ApprovalRepository).isRemembered(call.sessionId, call.toolName)) {
          return this.request(tx, call, now);
        }
        return this.ask(tx, run, call, judged.reason, now);
      case 'propose':
        await toolCalls.add({ ...call, status: 'awaiting_approval' });
        await this.proposePlan.execute(tx, run, call, judged.proposal, now);
        return undefined;
      case 'refuse': {
        const status = judged.denied ? 'rejected' : 'failed';
        await toolCalls.add({ ...call, status, settledAt: now });
        await this.answers.append(
          tx,
          call,
          { status, content: `Error: ${judged.error}` },
          now,
          run.snapshot().jobId,
        );
        return undefined;
      }
      case 'switch_agent': {
        await toolCalls.add({ ...call, status: 'completed', settledAt: now });
        const content = `${judged.agent} answers from now on`;
        await this.answers.append(tx, call, { status: 'completed', content }, now);
        await this.handOver(tx, run, judged.agent, judged.reason, now);
        return undefined;
      }
    }
  }

  private async request(tx: Transaction, call: ToolCall, now: Date): Promise<ToolCall> {
    const deadlineAt = new Date(now.getTime() + this.config.toolResultTimeoutSeconds * 1000);
    const requested: ToolCall = { ...call, status: 'requested', deadlineAt };
    await tx.get(ToolCallRepository).add(requested);
    tx.record(toolCallRequested(requested));
    return requested;
  }

  private async ask(tx: Transaction, run: Run, call: ToolCall, reason: string, now: Date): Promise<ToolCall> {
    const awaiting: ToolCall = { ...call, status: 'awaiting_approval' };
    await tx.get(ToolCallRepository).add(awaiting);
    const approval = Approval.request({
      id: this.ids.next(),
      sessionId: call.sessionId,
      runId: call.runId,
      userId: run.snapshot().userId,
      kind: 'tool_call',
      callId: call.id,
      planId: null,
      toolName: call.toolName,
      subject: subjectOf(call.toolName, call.arguments as JsonObject),
      arguments: call.arguments as JsonObject,
      reason,
      expiresAt: new Date(now.getTime() + this.config.approvalTimeoutSeconds * 1000),
      createdAt: now,
    });
    await tx.get(ApprovalRepository).add(approval);
    return awaiting;
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

  /** Not stored yet: its status says nothing before it is carried out. */
  private toToolCall({ turn, messageId }: Replied, judged: JudgedCall): ToolCall {
    return {
      id: this.ids.next(),
      sessionId: turn.run.sessionId,
      runId: turn.run.id,
      messageId,
      subtaskId: turn.subtaskId,
      agent: turn.agent.id,
      toolName: judged.toolName,
      arguments: judged.arguments,
      edited: false,
      status: 'awaiting_approval',
      deadlineAt: null,
      createdAt: this.clock.now(),
      settledAt: null,
    };
  }

  private message(
    { turn, messageId }: Pick<Replied, 'turn' | 'messageId'>,
    content: string,
    createdAt: Date,
  ) {
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
