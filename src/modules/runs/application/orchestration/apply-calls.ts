import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { secondsAfter } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import { Todo } from '../../../../shared/domain/todo.js';
import { AgentDirectory, StoredAgents } from '../../../agents/index.js';
import { ApprovalRepository, type RememberWhen } from '../../../approvals/index.js';
import { SessionRepository } from '../../../sessions/index.js';
import { ARGUMENTS_INVALID, SWITCH_LIMIT } from '../../domain/run-failure.js';
import { Run } from '../../domain/run.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { ConsentToCalls } from './consent-to-calls.js';
import { Caller, JudgedCall } from './judge-reply.js';
import { ProposePlan } from './propose-plan.js';
import { ReadResult } from './read-result.js';
import { CallDeadline } from '../lifecycle/call-deadline.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { RecordFailure } from '../lifecycle/record-failure.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { questionAbout } from '../settlement/question-about-call.js';
import { SettleToolCall, notAvailable } from '../lifecycle/settle-tool-call.js';
import { ResumeRun } from '../settlement/resume-run.js';

/** Verdicts after which a client has to execute the call. */
const ASKS_CLIENT: readonly JudgedCall['verdict'][] = ['execute', 'ask'];

/** A tool call of a reply, and the verdict on it. */
export interface DecidedCall {
  readonly judged: JudgedCall;
  readonly call: ToolCall;
}

/** Applies the verdicts on the tool calls of a reply. */
@Injectable()
export class ApplyCalls {
  constructor(
    private readonly consent: ConsentToCalls,
    private readonly resumeRun: ResumeRun,
    private readonly settleToolCall: SettleToolCall,
    private readonly proposePlan: ProposePlan,
    private readonly readResult: ReadResult,
    private readonly agents: AgentDirectory,
    private readonly chooseModel: ChooseModel,
    private readonly failure: RecordFailure,
    private readonly runWriter: RunWriter,
    private readonly deadline: CallDeadline,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /**
   * Stores the calls and their consequences, and saves the run.
   * @param caller that made them
   */
  async apply(
    tx: Transaction,
    run: Run,
    caller: Caller,
    called: readonly DecidedCall[],
    now: Date,
  ): Promise<void> {
    // A run with a requested cancellation starts nothing new; a final answer still counts.
    if (run.isCancelRequested) {
      await this.discard(tx, called, now);
      run.cancel(now);
      return this.runWriter.save(tx, run);
    }
    const invalid = called.some(({ judged }) => judged.verdict === 'refuse' && judged.invalid);
    if (!run.countReply(invalid ? 'invalid' : 'valid')) {
      await this.discard(tx, called, now);
      return this.failure.record(tx, run, ARGUMENTS_INVALID);
    }
    const open: ToolCall[] = [];
    const judged = await this.consent.judge(
      tx,
      run,
      caller,
      called.map((each) => each.judged),
    );
    for (const [index, { call }] of called.entries()) {
      const each = { call, judged: judged[index]! };
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
    if (ASKS_CLIENT.includes(judged.verdict) && !(await tx.get(ToolCallRepository).isAvailable(call))) {
      await this.settleToolCall.settleAtOnce(tx, run, call, notAvailable(call), now);
      return false;
    }
    switch (judged.verdict) {
      case 'execute':
        await this.request(tx, call, now);
        return true;
      case 'ask':
        await this.askForApproval(tx, run, call, judged, now);
        return true;
      case 'read': {
        const { sessionId } = run.snapshot();
        const outcome = await this.readResult.read(tx, sessionId, judged.arguments as JsonObject);
        await this.settleToolCall.settleAtOnce(tx, run, call, outcome, now);
        return false;
      }
      case 'note_todos': {
        await this.noteTodos(tx, run, judged.todos, now);
        const outcome = { end: 'complete', content: 'The developer sees the list' } as const;
        await this.settleToolCall.settleAtOnce(tx, run, call, outcome, now);
        return false;
      }
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
    call.request(await this.deadline.of(tx, call, now));
    await tx.get(ToolCallRepository).add(call);
  }

  private async askForApproval(
    tx: Transaction,
    run: Run,
    call: ToolCall,
    { reason, suggestions = [] }: { reason: string; suggestions?: readonly RememberWhen[] },
    now: Date,
  ): Promise<void> {
    await tx.get(ToolCallRepository).add(call);
    const question = questionAbout(run, call, {
      id: this.ids.next(),
      reason,
      suggestions,
      expiresAt: secondsAfter(now, this.config.approvalTimeoutSeconds),
      createdAt: now,
    });
    await tx.get(ApprovalRepository).add(question);
  }

  private async noteTodos(tx: Transaction, run: Run, todos: readonly Todo[], now: Date): Promise<void> {
    const { sessionId, userId } = run.snapshot();
    const session = await tx.get(SessionRepository).get(sessionId, userId);
    session.noteTodos(todos, run.id, now);
    await tx.get(SessionRepository).save(session);
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
    const agent = await this.agents.ofRun(run.snapshot(), to, tx.get(StoredAgents));
    run.switchTo(this.chooseModel.agent(agent));
  }

  private discard(tx: Transaction, called: readonly DecidedCall[], now: Date): Promise<void> {
    return this.settleToolCall.discard(
      tx,
      called.map(({ call }) => call),
      now,
    );
  }
}
