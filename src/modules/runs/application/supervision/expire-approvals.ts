import { Injectable, Logger } from '@nestjs/common';
import { forEachItem } from '../../../../shared/application/sweep.js';
import { Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { ApprovalQueries, ApprovalRepository, ApprovalState } from '../../../approvals/index.js';
import { RunState } from '../../domain/run-state.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ApplyDecision } from '../settlement/apply-decision.js';
import { RunSupervisor } from './run-supervisor.js';

const APPROVALS_PER_SWEEP = 100;

/** Rejects approvals without a decision in time, and resumes their runs. */
@Injectable()
export class ExpireApprovals {
  private readonly logger = new Logger(ExpireApprovals.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly approvals: ApprovalQueries,
    private readonly decision: ApplyDecision,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
  ) {}

  /** Safe on several processes: the row lock of the run decides which one rejects an approval. */
  async execute(): Promise<void> {
    const overdue = await this.approvals.listExpired(APPROVALS_PER_SWEEP);
    await forEachItem(overdue, this.logger, 'an approval could not be expired', async (approval) => {
      const { value: run } = await this.uow.run('expire_approval', (tx) => this.expire(tx, approval));
      this.supervisor.start(run);
    });
  }

  private async expire(tx: Transaction, { id, runId }: ApprovalState): Promise<RunState> {
    const run = await tx.get(RunRepository).get(runId);
    const approval = await tx.get(ApprovalRepository).get(id);
    const now = this.clock.now();
    if (!approval.isOverdue(now)) return run.snapshot();
    approval.expire(now);
    await this.decision.apply(tx, run, approval, now);
    return run.snapshot();
  }
}
