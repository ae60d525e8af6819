import { Injectable, Logger } from '@nestjs/common';
import { DescribeTools } from '../../agents/index.js';
import { LlmCall, ModelCatalog, ModelMessage, ModelTool } from '../../models/index.js';
import { budgetOf } from '../domain/budget.js';
import { ContextTooLarge } from '../domain/context.errors.js';
import { largestOf } from '../domain/context-size.js';
import { assemblePrompt } from './assemble-prompt.js';
import { CompactionWork } from './checkpoint-writer.js';
import { CompactThread, CompactThreadCommand } from './compact-thread.js';
import { Fixed, viewOf } from './context-view.js';
import { AgentTurn } from './prepare-turn.js';
import { ThreadReader } from './thread-reader.js';
import { ThreadRows } from './thread-rows.js';

/** A call to a model that is about to be made. */
export interface ContextRequest {
  readonly call: LlmCall;
  readonly turn: AgentTurn;
  readonly work: CompactionWork;
}

/** What the model is told. */
export interface PreparedContext {
  readonly messages: ModelMessage[];
  readonly tools: ModelTool[];
  /** The size of the request, estimated. */
  readonly tokens: number;
  /** Of the model, in tokens. */
  readonly window: number;
  /** Whether the thread was compacted for it. This happens once for a call. */
  readonly isCompacted: boolean;
}

/** Decides what a model is told, and makes room where that is too much. */
@Injectable()
export class PrepareContext {
  private readonly logger = new Logger(PrepareContext.name);

  constructor(
    private readonly tools: DescribeTools,
    private readonly reader: ThreadReader,
    private readonly compactThread: CompactThread,
    private readonly models: ModelCatalog,
  ) {}

  /** @throws ContextTooLarge, and what CompactThread throws */
  async prepare(request: ContextRequest): Promise<PreparedContext> {
    const { call, turn, work } = request;
    const rows = await this.reader.first(call, turn.thread, work.signal);
    const { tokens, isCut } = viewOf(this.fixedOf(turn), rows);
    if (isCut) {
      this.logger.warn(
        { model: call.model },
        'a model server told much fewer tokens than it was sent: it may leave out a part',
      );
    }
    if (tokens <= budgetOf(this.models.get(call.model).limit).threshold)
      return this.assemble(request, rows, false);
    const checkpoint = await this.compactThread.execute(this.commandFor(request, 'threshold'));
    return this.assemble(
      request,
      await this.reader.again(call, turn.thread, work.signal),
      checkpoint !== undefined,
    );
  }

  /**
   * Makes room after the provider has refused a request as too long.
   * @returns undefined where that is not possible
   * @throws ContextTooLarge, and what CompactThread throws
   */
  async afterRefusal(
    request: ContextRequest,
    refused: PreparedContext,
  ): Promise<PreparedContext | undefined> {
    if (refused.isCompacted) return undefined;
    const command = { ...this.commandFor(request, 'overflow'), ceiling: refused.tokens };
    if (!(await this.compactThread.execute(command))) return undefined;
    const { call, turn, work } = request;
    return this.assemble(request, await this.reader.again(call, turn.thread, work.signal), true);
  }

  private assemble({ call, turn }: ContextRequest, rows: ThreadRows, isCompacted: boolean): PreparedContext {
    const { limit } = this.models.get(call.model);
    const fixed = this.fixedOf(turn);
    const { tokens, parts } = viewOf(fixed, rows);
    const budget = budgetOf(limit);
    if (tokens > budget.tokens) throw new ContextTooLarge(largestOf(parts), tokens, budget.tokens);
    const messages = assemblePrompt({ ...fixed, checkpoint: rows.checkpoint }, rows.messages);
    return { messages, tools: [...fixed.tools], tokens, window: limit.context, isCompacted };
  }

  private fixedOf({ agent, brief }: AgentTurn): Fixed {
    return { system: agent.prompt, tools: this.tools.of(agent), brief };
  }

  private commandFor(
    { call: { sessionId, model }, turn, work }: ContextRequest,
    reason: CompactThreadCommand['reason'],
  ): CompactThreadCommand {
    return {
      sessionId,
      thread: turn.thread,
      agent: turn.agent.id,
      model,
      fixed: this.fixedOf(turn),
      reason,
      work,
    };
  }
}
