import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { cutText } from '../../../../shared/domain/cut-text.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { NoteInstructions, threadOf } from '../../../context/index.js';
import { MessageParts } from '../../../../shared/domain/message-parts.js';
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
  /** What it consists of beside its content; unset = nothing. */
  readonly parts?: MessageParts | undefined;
  /** Of what the client sent; unset where the runtime answers. */
  readonly hash?: Uint8Array;
}

/** The only place where tool calls are settled: by an answer, which becomes a message, or because their run ends. */
@Injectable()
export class SettleToolCall {
  constructor(
    private readonly report: ReportRun,
    private readonly noteInstructions: NoteInstructions,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** Settles a call that waited for a client or a human. @returns the answer that the model reads */
  async settle(
    tx: Transaction,
    run: Run,
    call: ToolCall,
    outcome: ToolOutcome,
    now: Date,
  ): Promise<NewMessage> {
    if (outcome.hash) call.noteOutcome(outcome.hash);
    call[outcome.end](now);
    await tx.get(ToolCallRepository).save(call);
    this.report.toolCallEnded(tx, run, call);
    return this.answer(tx, run, call, outcome, now);
  }

  /** Stores a call that the runtime answers by itself, with its answer. */
  async settleAtOnce(
    tx: Transaction,
    run: Run,
    call: ToolCall,
    outcome: ToolOutcome,
    now: Date,
  ): Promise<void> {
    call[outcome.end](now);
    await tx.get(ToolCallRepository).add(call);
    await this.answer(tx, run, call, outcome, now);
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
    { content, parts }: ToolOutcome,
    now: Date,
  ): Promise<NewMessage> {
    const { sessionId, runId, subtaskId, agent, arguments: args } = call.snapshot();
    const cut = cutText(content, this.config.toolResultMaxCharacters, (omitted) => leftOut(omitted, call.id));
    const isCut = cut !== content;
    if (isCut) await tx.get(ToolResultRepository).add({ callId: call.id, sessionId, content });
    const thread = threadOf(run.snapshot(), subtaskId);
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
      note: await this.noteInstructions.noteFor(tx, run.snapshot(), thread, args),
      truncated: isCut ? content.length : null,
      callStatus: call.status as CallOutcome,
      parts: parts ?? null,
      createdAt: now,
    });
    await tx.get(MessageRepository).append(message);
    tx.record(messageCreated(message));
    return message;
  }
}

const UNKNOWN = '. A client has begun the call and not answered: whether it was carried out is not known';

/** The outcome of a call whose tool no client declares any more. */
export const notAvailable = (call: ToolCall): ToolOutcome => ({
  end: 'fail',
  content: `Error: ${call.snapshot().toolName} is not available: the client that has declared it is gone${call.wasClaimed ? UNKNOWN : ''}`,
});

/** What the model reads in the middle of an answer that was cut. */
const leftOut = (omitted: number, callId: string): string =>
  `[${omitted} characters are left out here: read_result with call_id ${callId} reads them, by lines or by a query]`;
