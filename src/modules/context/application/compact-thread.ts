import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { budgetOf } from '../../../shared/domain/budget.js';
import { Clock } from '../../../shared/domain/clock.js';
import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { Ids } from '../../../shared/domain/ids.js';
import { imageBytesOf, imagesIn } from '../../../shared/domain/message-parts.js';
import {
  ConversationQueries,
  Message,
  PromptThread,
  keyOf,
  messageTokens,
  shownContent,
} from '../../conversations/index.js';
import { IMAGES_NOT_SHOWN, ModelCatalog } from '../../models/index.js';
import { Checkpoint, CheckpointReason } from '../domain/checkpoint.js';
import { CheckpointRepository } from '../domain/checkpoint.repository.js';
import { CheckpointChanged } from '../domain/context.errors.js';
import { contextCompacted } from '../domain/context.events.js';
import { fixedTokens } from '../domain/context-size.js';
import { newCheckpoint } from '../domain/new-checkpoint.js';
import { CompactionPlan, SizedMessage, planCompaction } from '../domain/plan-compaction.js';
import { CheckpointWriter, CompactionWork } from './checkpoint-writer.js';
import { ContextMetrics } from './context-metrics.js';
import { ContextView, Fixed, viewOf } from './context-view.js';
import { ThreadReader } from './thread-reader.js';
import { ThreadRows } from './thread-rows.js';

export interface CompactThreadCommand {
  readonly sessionId: string;
  readonly thread: PromptThread;
  /** The id of the agent that continues. */
  readonly agent: string;
  /** The id of the model that answers for it. */
  readonly model: string;
  /** The parts of the request besides the conversation. */
  readonly fixed: Fixed;
  readonly reason: Exclude<CheckpointReason, 'edit'>;
  /** The size of a request that the provider has refused, in tokens; unset = none was. */
  readonly ceiling?: number;
  /** The user's instructions for the checkpoint. */
  readonly instructions?: string;
  readonly work: CompactionWork;
}

/** A thread that is about to be compacted. */
interface Begun {
  readonly rows: ThreadRows;
  readonly view: ContextView;
  readonly plan: CompactionPlan;
  readonly newestOfUser: Message | undefined;
}

const WORD_FOR_WORD = 'The newest message of the developer, word for word:';

/** Replaces the old messages of a thread by a checkpoint. */
@Injectable()
export class CompactThread {
  constructor(
    private readonly reader: ThreadReader,
    private readonly conversations: ConversationQueries,
    private readonly models: ModelCatalog,
    private readonly writer: CheckpointWriter,
    private readonly patience: DatabasePatience,
    private readonly metrics: ContextMetrics,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * If another checkpoint on the same base, such as a user's, was stored first, it is read and the work is repeated once.
   * @returns undefined if it is not needed any more, if nothing can be left out, or if it was overtaken twice
   * @throws the reason of the signal, LeaseLost, ModelNotConfigured, DatabaseUnavailable, StorageFailed
   */
  async execute(command: CompactThreadCommand): Promise<Checkpoint | undefined> {
    try {
      const first = await this.attempt(command);
      return (first === null ? await this.attempt(command) : first) ?? undefined;
    } catch (error) {
      this.metrics.compacted(command.reason, 'failed');
      throw error;
    }
  }

  /** @returns null where it was overtaken, undefined where there is nothing to do */
  private async attempt(command: CompactThreadCommand): Promise<Checkpoint | null | undefined> {
    const begun = await this.begin(command);
    if (!begun) return undefined;
    const { sessionId, thread, reason, instructions, work, agent, model } = command;
    const { rows, plan, newestOfUser } = begun;
    const repeated = plan.repeatsUser ? `\n\n${WORD_FOR_WORD}\n\n${repeatedContent(newestOfUser!)}` : '';
    const { content, llmCallId, way } = await this.writer.write({
      ...{ sessionId, thread, agent, model, reason, work },
      base: rows.checkpoint && withoutEnd(rows.checkpoint, repeated),
      after: rows.checkpoint?.upToPosition ?? 0,
      upTo: plan.upTo,
      maxTokens: plan.maxTokens,
      ...(instructions !== undefined && { instructions }),
    });
    const checkpoint = newCheckpoint(
      {
        id: this.ids.next(),
        sessionId,
        thread: keyOf(thread),
        upToPosition: plan.upTo,
        content: content + repeated,
        reason,
        llmCallId,
        kind: 'formed',
      },
      rows.checkpoint,
      this.clock.now(),
    );
    if (!(await this.store(command, begun, checkpoint))) {
      this.metrics.compacted(reason, 'overtaken');
      return null;
    }
    this.metrics.compacted(reason, way);
    return checkpoint;
  }

  private async begin(command: CompactThreadCommand): Promise<Begun | undefined> {
    const { sessionId, thread, model, fixed, reason, ceiling, work } = command;
    const { tools, workspaceDigest } = fixed;
    const told = { thread, toolsDigest: tools.digest, workspaceDigest };
    const rows = await this.reader.again(command, told, work.signal);
    const view = viewOf(fixed, rows);
    const budget = budgetOf(this.models.get(model).limit, ceiling);
    if (reason === 'threshold' && view.tokens <= budget.threshold) return undefined;
    const newestOfUser =
      rows.messages.findLast(({ role }) => role === 'user') ??
      (await this.patience.read('read_newest_of_user', work.signal, () =>
        this.conversations.newest(sessionId, thread, 'user'),
      ));
    const plan = planCompaction({
      messages: rows.messages.map(sized),
      newestUser: newestOfUser
        ? { position: newestOfUser.position, tokens: tokensOf(newestOfUser) + estimatedTokens(WORD_FOR_WORD) }
        : null,
      fixedTokens: fixedTokens(view.parts),
      // A user who requests it wants a summary of everything that is answered.
      budget: reason === 'request' ? { ...budget, tail: 0 } : budget,
    });
    if (plan) return { rows, view, plan, newestOfUser };
    this.metrics.compacted(reason, 'no_room');
    return undefined;
  }

  /** @returns false if another checkpoint is based on the same one by now */
  private async store(
    { thread, work }: CompactThreadCommand,
    { rows, view, plan }: Begun,
    checkpoint: Checkpoint,
  ): Promise<boolean> {
    const compacted = contextCompacted(checkpoint, {
      runId: work.owner.runId,
      ...(thread !== 'main' && thread),
      upToMessageId: rows.messages.find(({ position }) => position === plan.upTo)!.id,
      tokensBefore: view.tokens,
      tokensAfter: fixedTokens(view.parts) + checkpoint.tokens + plan.tailTokens,
    });
    try {
      await this.patience.writeOutcome('store_checkpoint', async (tx) => {
        await work.hold(tx);
        if (await tx.get(CheckpointRepository).add(checkpoint)) tx.record(compacted);
      });
      return true;
    } catch (error) {
      if (error instanceof CheckpointChanged) return false;
      throw error;
    }
  }
}

/** A message that stays in the context is not given to the writer, which would repeat it. */
const withoutEnd = (checkpoint: Checkpoint, end: string): Checkpoint => ({
  ...checkpoint,
  content: checkpoint.content.endsWith(end)
    ? checkpoint.content.slice(0, checkpoint.content.length - end.length)
    : checkpoint.content,
});

/** Its images do not go with it. */
const repeatedContent = (message: Message): string =>
  imagesIn(message).length > 0 ? `${shownContent(message)}\n\n${IMAGES_NOT_SHOWN}` : shownContent(message);

const tokensOf = (message: Message): number => message.tokens ?? messageTokens(message);

const sized = (message: Message): SizedMessage => ({
  position: message.position,
  role: message.role,
  tokens: tokensOf(message),
  imageBytes: imageBytesOf(message),
  calls: message.toolCalls.map(({ callId }) => callId),
  answers: message.callId,
});
