import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock, secondsAfter } from '../../../../shared/domain/clock.js';
import { ToolListRepository } from '../../../tools/index.js';
import { ToolCallClaimed } from '../../domain/run.errors.js';
import { ToolCallState } from '../../domain/tool-call-state.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { RunMetrics } from '../run-metrics.js';
import { lockToolCall } from './lock-tool-call.js';

export interface ClaimToolCallCommand {
  readonly userId: string;
  readonly callId: string;
  readonly clientId: string;
  readonly leaseSeconds: number;
}

/** Has one client execute a tool call. */
@Injectable()
export class ClaimToolCall {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * Grants the claim to the first client, and renews it for that one, with the tools that it declares. The deadline of the
   * call stays.
   * @throws ToolCallNotFound, ToolCallNotRequested, ToolCallAlreadySettled, ToolCallClaimed
   */
  async execute({ userId, callId, clientId, leaseSeconds }: ClaimToolCallCommand): Promise<ToolCallState> {
    try {
      const { value } = await this.uow.run('claim_tool_call', async (tx) => {
        const { call } = await lockToolCall(tx, callId, userId);
        const isRenewal = call.isHeld;
        call.claim(clientId, secondsAfter(this.clock.now(), leaseSeconds));
        await tx.get(ToolCallRepository).save(call);
        // A client at work is there, and so are the tools that it declares.
        tx.get(ToolListRepository).renew(call.snapshot().sessionId, clientId);
        return { isRenewal, state: call.snapshot() };
      });
      this.metrics.claim(value.isRenewal ? 'renewed' : 'granted');
      return value.state;
    } catch (error) {
      if (error instanceof ToolCallClaimed) this.metrics.claim('refused');
      throw error;
    }
  }
}
