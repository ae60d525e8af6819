import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { LlmCall, LlmCallRepository } from '../../../models/index.js';
import { MessageRepository, messageDiscarded, newMessage } from '../../../conversations/index.js';
import { Run } from '../../domain/run.js';
import { appendSpoken } from './spoken-message.js';

/** Reasons for which an incomplete message is kept. */
const KEPT: ReadonlySet<string> = new Set(['cancelled', 'interrupted']);

/** The calls that count as those of the run; others, like compactions, are in the ledger only. */
const OF_RUN: ReadonlySet<LlmCall['purpose']> = new Set(['answer', 'classification']);

/** Settles the open model calls of a run, and the messages that they began. */
@Injectable()
export class SettleOpenCalls {
  constructor(private readonly clock: Clock) {}

  /**
   * @param reason why they are not completed
   * @param writer the token whose deltas are accepted from here on; unset = unchanged
   */
  async settle(tx: Transaction, run: Run, reason: string, writer?: string): Promise<void> {
    const now = this.clock.now();
    const runId = run.id;
    const { sessionId, jobId } = run.snapshot();
    const aborted = await tx.get(LlmCallRepository).abortOpen({ runId }, now);
    run.loseModelCalls(aborted.filter(({ purpose }) => OF_RUN.has(purpose)).length);
    for (const id of aborted.flatMap(({ messageId }) => messageId ?? [])) {
      const said = KEPT.has(reason)
        ? await tx.get(MessageRepository).findUnfinished(sessionId, id)
        : undefined;
      if (!said) {
        tx.record(messageDiscarded({ id, sessionId, runId }, reason, writer));
        continue;
      }
      const message = { id, sessionId, runId, jobId, role: 'assistant' as const, finishReason: reason };
      await appendSpoken(tx, newMessage({ ...message, ...said, createdAt: now }), writer);
    }
  }
}
