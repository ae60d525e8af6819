import { Injectable, Logger } from '@nestjs/common';
import { forEachItem } from '../../../../shared/application/sweep.js';
import { Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { RunState } from '../../domain/run-state.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { RunQueries } from '../run.queries.js';
import { RunSupervisor } from './run-supervisor.js';
import { SettleToolCall, ToolOutcome, notAvailable } from '../lifecycle/settle-tool-call.js';
import { ResumeRun } from '../settlement/resume-run.js';

const RUNS_PER_SWEEP = 100;

const TOO_LATE: ToolOutcome = { end: 'expire', content: 'Error: the client did not answer in time' };

/**
 * Settles tool calls without an answer in time, and those whose tool no client declares any more, which the model is told, and
 * resumes their runs.
 */
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
    let settled: ToolCall | undefined;
    for (const call of open.filter(({ status }) => status === 'requested')) {
      const outcome = await this.outcomeOf(tx, call, now);
      if (!outcome) continue;
      await this.settleToolCall.settle(tx, run, call, outcome, now);
      settled ??= call;
    }
    if (settled) await this.resumeRun.resume(tx, run, settled, 'tool_result_timeout');
    return run.snapshot();
  }

  /** Undefined for a call that a client may still answer. */
  private async outcomeOf(tx: Transaction, call: ToolCall, now: Date): Promise<ToolOutcome | undefined> {
    if (call.isOverdue(now)) return TOO_LATE;
    if (call.isHeld) return undefined; // its client is at work; it is looked at again when the claim has lapsed
    return (await tx.get(ToolCallRepository).isAvailable(call)) ? undefined : notAvailable(call);
  }
}
