import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { secondsAfter } from '../../../../shared/domain/clock.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';

/** Until when the client has to answer a call. */
@Injectable()
export class CallDeadline {
  constructor(private readonly config: Config) {}

  /** A call that follows another one gets its time from the last moment at which that one may end. */
  async of(tx: Transaction, call: ToolCall, now: Date): Promise<Date> {
    const { guard } = call.snapshot();
    const earlier = guard?.after ? await tx.get(ToolCallRepository).find(guard.after) : undefined;
    const begin = earlier?.isOpen ? this.lastEndOf(earlier, now) : now.getTime();
    return call.deadlineFrom(new Date(begin), this.config.toolResultTimeoutSeconds);
  }

  private lastEndOf(call: ToolCall, now: Date): number {
    const allowed = secondsAfter(now, this.config.approvalTimeoutSeconds);
    const end =
      call.snapshot().deadlineAt ?? call.deadlineFrom(allowed, this.config.toolResultTimeoutSeconds);
    return end.getTime();
  }
}
