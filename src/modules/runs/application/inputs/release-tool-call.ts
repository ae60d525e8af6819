import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { ToolCallState } from '../../domain/tool-call-state.js';
import { RunMetrics } from '../run-metrics.js';
import { ReclaimCall } from '../settlement/reclaim-call.js';
import { lockToolCall } from './lock-tool-call.js';

/** Gives a claimed tool call back, so that another client need not wait until the claim lapses. */
@Injectable()
export class ReleaseToolCall {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reclaimCall: ReclaimCall,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * Has no effect where the claim of the client is gone already.
   * @throws ToolCallNotFound, ToolCallAlreadySettled, ToolCallClaimed, ToolCallNotClaimed
   */
  async execute(command: { userId: string; callId: string; clientId: string }): Promise<ToolCallState> {
    const { value } = await this.uow.run('release_tool_call', async (tx) => {
      const { call, run } = await lockToolCall(tx, command.callId, command.userId);
      call.requireClaimOf(command.clientId);
      if (call.isHeld) {
        await this.reclaimCall.reclaim(tx, run, call, this.clock.now());
        tx.afterCommit(() => this.metrics.claim('released'));
      }
      return call.snapshot();
    });
    return value;
  }
}
