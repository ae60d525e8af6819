import { Injectable, Logger } from '@nestjs/common';
import { forEachItem } from '../../../../shared/application/sweep.js';
import { Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { RunState } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { RunQueries } from '../run.queries.js';
import { RunSupervisor } from './run-supervisor.js';
import { SettleToolCall } from '../lifecycle/settle-tool-call.js';
import { ResumeRun } from '../settlement/resume-run.js';

const RUNS_PER_SWEEP = 100;

/** Settles tool calls without an answer in time, which the model is told, and resumes their runs. */
@Injectable()
export class ExpireToolCalls {
  private readonly logger = new Logger(ExpireToolCalls.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: RunQueries,
    private readonly settleToolCall: SettleToolCall,
    private readonly resumeRun: ResumeRun,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
  ) {}

  /** Safe on several processes: the row lock of the run decides which one settles a call. */
  async execute(): Promise<void> {
    const runIds = await this.queries.listWithExpiredCalls(RUNS_PER_SWEEP);
    await forEachItem(runIds, this.logger, 'tool calls of a run could not be expired', async (runId) => {
      const { value: run } = await this.uow.run('expire_tool_calls', (tx) => this.expire(tx, runId));
      this.supervisor.start(run);
    });
  }

  private async expire(tx: Transaction, runId: string): Promise<RunState> {
    const run = await tx.get(RunRepository).get(runId);
    const now = this.clock.now();
    const open = await tx.get(ToolCallRepository).listOpen(runId);
    const due = open.filter((call) => call.isOverdue(now));
    const [first] = due;
    if (!first) return run.snapshot();
    for (const call of due) {
      const content = 'Error: the client did not answer in time';
      await this.settleToolCall.settle(tx, run, call, { end: 'expire', content }, now);
    }
    await this.resumeRun.resume(tx, run, first, 'tool_result_timeout');
    return run.snapshot();
  }
}
