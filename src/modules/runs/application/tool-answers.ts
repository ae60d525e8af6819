import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Ids } from '../../../shared/domain/ids.js';
import { LlmCall } from '../../models/index.js';
import { ApprovalRepository } from '../../approvals/index.js';
import { MessageRepository, NewMessage, messageCreated, newMessage } from '../../conversations/index.js';
import { Run, WaitingFor } from '../domain/run.js';
import { ToolCall, ToolCallEnd } from '../domain/tool-call.js';
import { toolCallSettled } from '../domain/tool-call.events.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { RunRepository } from '../domain/run.repository.js';
import { Leases } from './leases.js';
import { ReportRun } from './report-run.js';
import { SetInMotion } from './set-in-motion.js';

/** How a tool call ended, and what the model reads of it. */
export interface ToolOutcome {
  readonly status: Exclude<ToolCallEnd, 'cancelled'>;
  readonly content: string;
}

/** What happens to a run when its tool calls are answered, whoever answers. */
@Injectable()
export class ToolAnswers {
  constructor(
    private readonly leases: Leases,
    private readonly setInMotion: SetInMotion,
    private readonly report: ReportRun,
    private readonly ids: Ids,
  ) {}

  /** Settles an open call and appends its answer; undefined where it was settled before. */
  async settle(
    tx: Transaction,
    run: Run,
    call: ToolCall,
    outcome: ToolOutcome,
    now: Date,
  ): Promise<NewMessage | undefined> {
    if (!(await tx.get(ToolCallRepository).settle(call, outcome.status, now))) return undefined;
    this.report.settled(tx, run, call, outcome.status, now);
    return this.append(tx, call, outcome, now);
  }

  /**
   * Appends the answer to a call that is settled, and tells of both.
   * @param jobId the job that the run belongs to
   */
  async append(
    tx: Transaction,
    call: ToolCall,
    outcome: ToolOutcome,
    now: Date,
    jobId: string | null = null,
  ): Promise<NewMessage> {
    const message = newMessage({
      id: this.ids.next(),
      sessionId: call.sessionId,
      runId: call.runId,
      subtaskId: call.subtaskId,
      jobId,
      role: 'tool',
      agent: call.agent,
      content: outcome.content,
      callId: call.id,
      createdAt: now,
    });
    await tx.get(MessageRepository).append(message);
    tx.record(toolCallSettled(call, outcome.status), messageCreated(message));
    return message;
  }

  /**
   * Lets the run go on where nothing is open any more, and else tells what it still waits for; stores it either way.
   * @param answered a call that was answered just now
   * @returns the model call that is entered, where it goes on with one
   */
  async goOn(tx: Transaction, run: Run, answered: ToolCall, by: string): Promise<LlmCall | null> {
    const open = await tx.get(ToolCallRepository).listOpen(run.id);
    const save = () => tx.get(RunRepository).save(run);
    if (open.length > 0) {
      run.awaitStill(await this.waitingFor(tx, open));
      await save();
      return null;
    }
    run.resume(by, this.leases.next());
    return this.setInMotion.execute(tx, run, answered.subtaskId, save);
  }

  /** What the client must do about calls that are open. */
  async waitingFor(tx: Transaction, open: readonly ToolCall[]): Promise<WaitingFor[]> {
    const asked = open.find(({ status }) => status === 'awaiting_approval');
    const approvals = asked ? await tx.get(ApprovalRepository).listPending(asked.runId) : [];
    const question = new Map(approvals.map((approval) => [approval.snapshot().callId, approval.id]));
    return open.map(({ id, status }) =>
      status === 'awaiting_approval'
        ? { kind: 'approval', id: question.get(id)! }
        : { kind: 'tool_result', id },
    );
  }
}
