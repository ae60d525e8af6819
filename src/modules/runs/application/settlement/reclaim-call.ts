import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { secondsAfter } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { ApprovalRepository } from '../../../approvals/index.js';
import { StoredTools, ToolCatalog } from '../../../tools/index.js';
import { Run } from '../../domain/run.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { ReportRun } from '../lifecycle/report-run.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { questionAbout } from './question-about-call.js';
import { ResumeRun } from './resume-run.js';

const REASON =
  'A client may have carried it out already, in whole or in part: it was claimed, and not answered';
const ANSWERED = 'answered';

/** Takes a call from the client that has claimed it. */
@Injectable()
export class ReclaimCall {
  constructor(
    private readonly catalog: ToolCatalog,
    private readonly resumeRun: ResumeRun,
    private readonly runWriter: RunWriter,
    private readonly report: ReportRun,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /**
   * Releases the call to all clients. A command is not harmless when it is executed twice: a human is asked first, whatever
   * the policy allows.
   */
  async reclaim(tx: Transaction, run: Run, call: ToolCall, now: Date): Promise<void> {
    const { toolName } = call.snapshot();
    const effect = await this.catalog.effectIn(run.snapshot(), toolName, tx.get(StoredTools));
    const needsApproval = effect === 'execute';
    call.release(needsApproval);
    await tx.get(ToolCallRepository).save(call);
    if (!needsApproval) return;
    await this.ask(tx, run, call, now);
    await this.waitForWhatIsOpen(tx, run);
  }

  /** Closes the question whether to repeat a call, since its former client has answered. */
  async withdraw(tx: Transaction, run: Run, call: ToolCall, now: Date): Promise<void> {
    const pending = await tx.get(ApprovalRepository).listPending(run.id);
    const question = pending.find((approval) => approval.snapshot().callId === call.id);
    if (!question) return;
    question.cancel(ANSWERED, now);
    await tx.get(ApprovalRepository).save(question);
    this.report.approvalEnded(tx, run, question);
  }

  /** The question ends with the deadline of its call, so that the run waits no longer for it than without a claim. */
  private async ask(tx: Transaction, run: Run, call: ToolCall, now: Date): Promise<void> {
    const deadlineAt = call.snapshot().deadlineAt!;
    const timeout = secondsAfter(now, this.config.approvalTimeoutSeconds);
    const question = questionAbout(run, call, {
      id: this.ids.next(),
      reason: REASON,
      expiresAt: timeout < deadlineAt ? timeout : deadlineAt,
      createdAt: now,
    });
    await tx.get(ApprovalRepository).add(question);
  }

  private async waitForWhatIsOpen(tx: Transaction, run: Run): Promise<void> {
    const open = await tx.get(ToolCallRepository).listOpen(run.id);
    run.updateWaiting(await this.resumeRun.waitingFor(tx, open));
    await this.runWriter.save(tx, run);
  }
}
