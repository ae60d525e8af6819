import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Shutdown } from '../../../../shared/application/shutdown.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { sumOfUsage } from '../../../../shared/domain/token-usage.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { AgentDirectory, AgentRoster } from '../../../agents/index.js';
import {
  abortedCall,
  LlmCall,
  LlmCallOutcome,
  LlmCallRepository,
  ModelAnswer,
} from '../../../models/index.js';
import { ContextUsage, brokenReasoning, messageDiscarded, newMessage } from '../../../conversations/index.js';
import { PlanRepository } from '../../../plans/index.js';
import { RunState } from '../../domain/run-state.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { SteerRepository } from '../../domain/steer.repository.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ApplyCalls, DecidedCall } from './apply-calls.js';
import { DraftedCall, idsOfCalls } from './drafted-calls.js';
import { JudgeReply, JudgedCall } from './judge-reply.js';
import { ShownMessage } from './stream-reply.js';
import { Turn } from './turn.js';
import { endStopped, isCancelled } from '../lifecycle/endings.js';
import { GuardFiles } from '../lifecycle/guard-files.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { appendSpoken } from '../lifecycle/spoken-message.js';

/** Tools whose arguments are agents. */
const NAMES_AGENTS: readonly string[] = ['switch_agent', 'create_plan'];

/** A model's reply, and the message and ledger entry that it completes. */
export interface Reply {
  readonly turn: Turn;
  readonly call: LlmCall;
  readonly messageId: string;
  /** The whole message. */
  readonly answer: ModelAnswer;
  /** Its tool calls that were announced. */
  readonly drafted: readonly DraftedCall[];
  /** How the call ended. */
  readonly outcome: LlmCallOutcome;
  /** The tokens of the request and of the message, and the limit of the model. */
  readonly context: ContextUsage;
}

/** Stores a model's reply and all its consequences in one unit of work. */
@Injectable()
export class ApplyReply {
  constructor(
    private readonly agents: AgentDirectory,
    private readonly judge: JudgeReply,
    private readonly applyCalls: ApplyCalls,
    private readonly guardFiles: GuardFiles,
    private readonly runWriter: RunWriter,
    private readonly patience: DatabasePatience,
    private readonly shutdown: Shutdown,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** @returns the run after it; undefined if the reply was stored before */
  async apply(given: Reply): Promise<RunState | undefined> {
    const { turn, answer, outcome } = given;
    const agents = await this.agentsNamedBy(given);
    const reply = this.judge.judge(turn, answer, { inBackground: turn.run.jobId !== null, agents });
    const calls = reply.kind === 'calls' ? reply.calls : [];
    const ids = idsOfCalls(
      calls.map(({ toolName }) => toolName),
      given.drafted,
      this.ids,
    );
    const called = calls.map((judged, index) => ({
      judged,
      call: this.toToolCall(ids[index]!, given, judged),
    }));
    const ends = reply.kind === 'answer' && !turn.subtaskId;
    return this.patience.writeOutcome('save_assistant_message', async (tx) => {
      const now = this.clock.now();
      const locked = tx.get(RunRepository).getLeased(turn.run);
      const settled = tx.get(LlmCallRepository).settle(given.call.id, outcome);
      if (ends) tx.get(SteerRepository).lookAhead(turn.run.id);
      const [run, isNew] = await Promise.all([locked, settled]);
      if (!isNew) return undefined;
      run.addUsage(outcome.usage);
      await appendSpoken(tx, {
        ...this.message(given, reply.content, now),
        toolCalls: called.map(({ call, judged }) => ({
          callId: call.id,
          toolName: judged.toolName,
          arguments: judged.written,
        })),
        suggestions: reply.kind === 'answer' ? reply.suggestions : null,
        // A turn ended by a tool is complete, also if the provider gives another finish reason.
        finishReason: reply.kind === 'answer' && answer.toolCalls.length > 0 ? 'stop' : answer.finishReason,
        usage: answer.usage && { ...answer.usage, ...given.context },
        reasoning: answer.reasoning,
      });
      if (reply.kind === 'calls') {
        if (turn.agent.client.fileHashes)
          await this.guardFiles.guard(
            tx,
            called.filter(isForClient).map(({ call }) => call),
          );
        await this.applyCalls.apply(tx, run, turn, called, now);
        return run.snapshot();
      }
      run.countReply('valid');
      if (turn.subtaskId) await this.finishSubtask(tx, run, turn.subtaskId, reply.content, now);
      else run.complete(now);
      await this.runWriter.save(tx, run);
      return run.snapshot();
    });
  }

  /** The agents that the calls of a reply may name: read only if a call names one. */
  private async agentsNamedBy({ turn, answer }: Reply): Promise<AgentRoster | undefined> {
    if (!answer.toolCalls.some(({ toolName }) => NAMES_AGENTS.includes(toolName))) return undefined;
    return this.patience.read('read_agents', this.shutdown.writeDeadline, () =>
      this.agents.ofUser(turn.run.userId),
    );
  }

  /** Stores what was received before the run was stopped, if there is text in it, and ends the run. */
  async cut(cut: Pick<Reply, 'turn' | 'call'> & ShownMessage, reason: unknown): Promise<void> {
    const { run: begun } = cut.turn;
    await this.patience.writeOutcome('interrupt_run', async (tx) => {
      const run = await tx.get(RunRepository).getLeased(begun);
      const now = this.clock.now();
      if (!(await tx.get(LlmCallRepository).settle(cut.call.id, abortedCall(cut.used, now)))) return;
      run.addUsage(cut.used);
      const finishReason = isCancelled(run, reason) ? 'cancelled' : 'interrupted';
      if (cut.text === '') {
        tx.record(
          messageDiscarded({ id: cut.messageId, sessionId: begun.sessionId, runId: run.id }, finishReason),
        );
      } else {
        const message = this.message(cut, cut.text, now);
        const reasoning = brokenReasoning(cut.reasoning);
        const usage = sumOfUsage(cut.kept.used, cut.used);
        await appendSpoken(tx, { ...message, finishReason, reasoning, usage });
      }
      endStopped(run, reason, now);
      await this.runWriter.save(tx, run);
    });
  }

  /** Completes a subtask with the text of its agent; discards it if the plan was cancelled meanwhile. */
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

  private toToolCall(
    id: string,
    { turn, messageId }: Reply,
    { toolName, arguments: args }: JudgedCall,
  ): ToolCall {
    const tool = turn.tools.find(toolName);
    return ToolCall.create({
      id,
      sessionId: turn.run.sessionId,
      runId: turn.run.id,
      messageId,
      subtaskId: turn.subtaskId,
      agent: turn.agent.id,
      toolName,
      ...(tool && { source: tool.source, timeoutSeconds: tool.timeoutSeconds }),
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

/** Whether the client executes the call, if a human allows it. */
const isForClient = ({ judged: { verdict } }: DecidedCall): boolean =>
  verdict === 'execute' || verdict === 'ask';
