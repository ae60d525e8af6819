import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { cutText } from '../../../../shared/domain/cut-text.js';
import { Ids } from '../../../../shared/domain/ids.js';
import {
  CallOutcome,
  MessageRepository,
  NewMessage,
  messageCreated,
  newMessage,
} from '../../../conversations/index.js';
import { Run } from '../../domain/run.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { ToolResultRepository } from '../../domain/tool-result.repository.js';
import { ReportRun } from './report-run.js';

/** The end of a tool call, and the text that the model reads. */
export interface ToolOutcome {
  readonly end: 'complete' | 'fail' | 'reject' | 'expire';
  readonly content: string;
  /** Of what the client sent; unset where the runtime answers. */
  readonly hash?: Uint8Array;
}

/** The only place where tool calls are settled: by an answer, which becomes a message, or because their run ends. */
@Injectable()
export class SettleToolCall {
  constructor(
    private readonly report: ReportRun,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** Settles a call that waited for a client or a human. @returns the answer that the model reads */
  async settle(
    tx: Transaction,
    run: Run,
    call: ToolCall,
    { end, content, hash }: ToolOutcome,
    now: Date,
  ): Promise<NewMessage> {
    if (hash) call.noteOutcome(hash);
    call[end](now);
    await tx.get(ToolCallRepository).save(call);
    this.report.toolCallEnded(tx, run, call);
    return this.answer(tx, run, call, content, now);
  }

  /** Stores a call that the runtime answers by itself, with its answer. */
  async settleAtOnce(
    tx: Transaction,
    run: Run,
    call: ToolCall,
    { end, content }: ToolOutcome,
    now: Date,
  ): Promise<void> {
    call[end](now);
    await tx.get(ToolCallRepository).add(call);
    await this.answer(tx, run, call, content, now);
  }

  /** Stores calls that are not executed, since their run ends. Clients never see them. */
  async discard(tx: Transaction, calls: readonly ToolCall[], now: Date): Promise<void> {
    for (const call of calls) {
      call.discard(now);
      await tx.get(ToolCallRepository).add(call);
    }
  }

  /** Cancels the open calls of a run that ends. */
  async cancelOpen(tx: Transaction, run: Run, now: Date): Promise<void> {
    for (const call of await tx.get(ToolCallRepository).listOpen(run.id)) {
      call.cancel(now);
      await tx.get(ToolCallRepository).save(call);
      this.report.toolCallEnded(tx, run, call);
    }
  }

  /** Stores the answer: cut where it is too long, once and for good, and the whole apart from it. */
  private async answer(
    tx: Transaction,
    run: Run,
    call: ToolCall,
    content: string,
    now: Date,
  ): Promise<NewMessage> {
    const { sessionId, runId, subtaskId, agent } = call.snapshot();
    const cut = cutText(content, this.config.toolResultMaxCharacters, (omitted) => leftOut(omitted, call.id));
    const isCut = cut !== content;
    if (isCut) await tx.get(ToolResultRepository).add({ callId: call.id, sessionId, content });
    const message = newMessage({
      id: this.ids.next(),
      sessionId,
      runId,
      subtaskId,
      jobId: run.snapshot().jobId,
      role: 'tool',
      agent,
      content: cut,
      callId: call.id,
      truncated: isCut ? content.length : null,
      callStatus: call.status as CallOutcome,
      createdAt: now,
    });
    await tx.get(MessageRepository).append(message);
    tx.record(messageCreated(message));
    return message;
  }
}

/** What the model reads in the middle of an answer that was cut. */
const leftOut = (omitted: number, callId: string): string =>
  `[${omitted} characters are left out here: read_result with call_id ${callId} reads them, by lines or by a query]`;
