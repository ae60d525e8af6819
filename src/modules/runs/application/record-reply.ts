import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { Agent, ModelAnswer } from '../../agents/index.js';
import {
  Message,
  MessageRepository,
  NewMessage,
  newMessage,
  toToolCallView,
  toUsageView,
} from '../../conversations/index.js';
import { SessionRepository } from '../../sessions/index.js';
import { LlmCall, LlmCallRepository } from '../domain/llm-call.js';
import { Run, RunState } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { ToolCall, toolCallRequested } from '../domain/tool-call.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { JudgeReply, JudgedCall } from './judge-reply.js';
import { ModelCalls } from './model-calls.js';
import { LAST_WRITE_MS, RunJournal } from './run-journal.js';
import { ToolAnswers } from './tool-answers.js';

export interface Replied {
  readonly run: RunState;
  readonly agent: Agent;
  readonly call: LlmCall;
  readonly messageId: string;
  readonly answer: ModelAnswer;
  readonly signal: AbortSignal;
}

/** Stores a model's reply and all it sets in motion in one unit of work. */
@Injectable()
export class RecordReply {
  constructor(
    private readonly judge: JudgeReply,
    private readonly calls: ModelCalls,
    private readonly answers: ToolAnswers,
    private readonly journal: RunJournal,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  async execute(replied: Replied): Promise<void> {
    const {
      run: { id: runId },
      agent,
      answer,
    } = replied;
    const reply = this.judge.judge(agent, answer);
    const judged = reply.kind === 'calls' ? reply.calls : [];
    const calls = judged.map((call) => this.toToolCall(replied, call));
    await this.journal.write('save_assistant_message', replied.signal, async (tx) => {
      const run = await tx.get(RunRepository).get(runId);
      if (!(await tx.get(LlmCallRepository).settle(replied.call.id, this.calls.completed(answer)))) return;
      const now = this.clock.now();
      run.addUsage(answer.usage);
      await this.append(tx, {
        ...this.message(replied, reply.content, now),
        toolCalls: calls.map((call) => ({
          callId: call.id,
          toolName: call.toolName,
          arguments: call.arguments,
        })),
        suggestions: reply.kind === 'answer' ? reply.suggestions : null,
        // A turn that is ended by a tool is ended, whatever the provider calls it.
        finishReason: reply.kind === 'answer' && answer.toolCalls.length > 0 ? 'stop' : answer.finishReason,
        usage: answer.usage,
      });
      if (reply.kind === 'answer') {
        run.noteReply('valid', now);
        run.complete(now);
      } else {
        await this.carryOut(tx, run, judged, calls, now);
      }
      await tx.get(RunRepository).save(run);
    });
  }

  /** Stores what was said before the process had to end, and ends the run. */
  async interrupt(cut: Omit<Replied, 'answer' | 'signal'> & { content: string }): Promise<void> {
    await this.journal.write('interrupt_run', AbortSignal.timeout(LAST_WRITE_MS), async (tx) => {
      const run = await tx.get(RunRepository).get(cut.run.id);
      if (run.isFinal || !(await tx.get(LlmCallRepository).settle(cut.call.id, this.calls.aborted()))) return;
      const now = this.clock.now();
      if (cut.content === '') {
        tx.record({
          type: 'message.discarded',
          sessionId: cut.run.sessionId,
          runId: cut.run.id,
          data: { message_id: cut.messageId, reason: 'interrupted' },
        });
      } else {
        await this.append(tx, { ...this.message(cut, cut.content, now), finishReason: 'interrupted' });
      }
      run.interrupt(now);
      await tx.get(RunRepository).save(run);
    });
  }

  private async carryOut(
    tx: Transaction,
    run: Run,
    judged: readonly JudgedCall[],
    calls: readonly ToolCall[],
    now: Date,
  ): Promise<void> {
    const invalid = judged.some((call) => call.verdict === 'refuse' && call.invalid);
    run.noteReply(invalid ? 'invalid' : 'valid', now);
    for (const [index, call] of calls.entries()) {
      await this.carryOutOne(tx, run, judged[index]!, call, now);
    }
    const open = calls.filter((_, index) => judged[index]!.verdict === 'execute');
    if (open.length > 0 && !run.isFinal) run.wait(open.map(({ id }) => ({ kind: 'tool_result', id })));
  }

  private async carryOutOne(
    tx: Transaction,
    run: Run,
    judged: JudgedCall,
    call: ToolCall,
    now: Date,
  ): Promise<void> {
    const toolCalls = tx.get(ToolCallRepository);
    if (run.isFinal) {
      await toolCalls.add({ ...call, status: 'cancelled', settledAt: now });
      return;
    }
    switch (judged.verdict) {
      case 'execute':
        await toolCalls.add(call);
        tx.record(toolCallRequested(call));
        return;
      case 'refuse':
        await toolCalls.add({ ...call, status: 'failed', settledAt: now });
        await this.answers.append(tx, call, { status: 'failed', content: `Error: ${judged.error}` }, now);
        return;
      case 'switch_agent':
        await toolCalls.add({ ...call, status: 'completed', settledAt: now });
        await this.answers.append(
          tx,
          call,
          { status: 'completed', content: `${judged.agent} has the word now` },
          now,
        );
        await this.handOver(tx, run, judged.agent, judged.reason, now);
    }
  }

  private async handOver(tx: Transaction, run: Run, to: string, reason: string, now: Date): Promise<void> {
    if (!run.maySwitchAgent) {
      run.failBySwitching(now);
      return;
    }
    const { sessionId, userId } = run.snapshot();
    const session = await tx.get(SessionRepository).peek(sessionId, userId);
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

  private toToolCall({ run, agent, messageId }: Replied, judged: JudgedCall): ToolCall {
    const now = this.clock.now();
    const deadline = new Date(now.getTime() + this.config.toolResultTimeoutSeconds * 1000);
    return {
      id: this.ids.next(),
      sessionId: run.sessionId,
      runId: run.id,
      messageId,
      agent: agent.id,
      toolName: judged.toolName,
      arguments: judged.arguments,
      status: 'requested',
      deadlineAt: judged.verdict === 'execute' ? deadline : null,
      createdAt: now,
      settledAt: null,
    };
  }

  private message(
    of: Pick<Replied, 'run' | 'agent' | 'messageId'>,
    content: string,
    createdAt: Date,
  ): NewMessage {
    return newMessage({
      id: of.messageId,
      sessionId: of.run.sessionId,
      runId: of.run.id,
      role: 'assistant',
      agent: of.agent.id,
      content,
      createdAt,
    });
  }

  private async append(tx: Transaction, message: NewMessage): Promise<void> {
    const appended = await tx.get(MessageRepository).append(message);
    tx.record({
      type: 'message.completed',
      sessionId: message.sessionId,
      runId: message.runId,
      data: completedData(appended),
    });
  }
}

const completedData = (message: Message): JsonObject => ({
  message_id: message.id,
  agent: message.agent,
  content: message.content,
  tool_calls: message.toolCalls.map(toToolCallView),
  ...(message.suggestions && { suggestions: [...message.suggestions] }),
  finish_reason: message.finishReason,
  usage: toUsageView(message.usage),
});
