import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { ApprovalRepository } from '../../../approvals/index.js';
import { LlmCall } from '../../../models/index.js';
import { WaitingFor } from '../../domain/run-state.js';
import { Run } from '../../domain/run.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { Leases } from '../lifecycle/leases.js';
import { ModelCalls } from '../lifecycle/model-calls.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { TakeSteers } from '../lifecycle/take-steers.js';

/** Resumes a run after an answer to a tool call. */
@Injectable()
export class ResumeRun {
  constructor(
    private readonly leases: Leases,
    private readonly modelCalls: ModelCalls,
    private readonly runWriter: RunWriter,
    private readonly takeSteers: TakeSteers,
  ) {}

  /**
   * Resumes the run if no call is open, else records what it still waits for. Stores it either way.
   * @param answered the call that was just answered
   * @returns the model call that was opened, if the run resumes with one
   */
  async resume(tx: Transaction, run: Run, answered: ToolCall, by: string): Promise<LlmCall | null> {
    const open = await tx.get(ToolCallRepository).listOpen(run.id);
    if (open.length > 0) {
      run.updateWaiting(await this.waitingFor(tx, open));
      await this.runWriter.save(tx, run);
      return null;
    }
    run.resume(by, this.leases.next());
    const { subtaskId } = answered.snapshot();
    const openCall = await this.modelCalls.createFirst(tx, run, subtaskId);
    await this.runWriter.save(tx, run);
    if (openCall) await this.takeSteers.take(tx, run, subtaskId);
    await this.modelCalls.openFirst(tx, run, openCall, subtaskId);
    return openCall;
  }

  /** The client's tasks for the open calls. */
  async waitingFor(tx: Transaction, open: readonly ToolCall[]): Promise<WaitingFor[]> {
    const asked = open.find(({ status }) => status === 'awaiting_approval');
    const approvals = asked ? await tx.get(ApprovalRepository).listPending(asked.snapshot().runId) : [];
    const approvalOf = new Map(approvals.map((approval) => [approval.snapshot().callId, approval.id]));
    return open.map(({ id, status }) =>
      status === 'awaiting_approval'
        ? { kind: 'approval', id: approvalOf.get(id)! }
        : { kind: 'tool_result', id },
    );
  }
}
