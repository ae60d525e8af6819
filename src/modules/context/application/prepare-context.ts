import { Injectable, Logger } from '@nestjs/common';
import { budgetOf } from '../../../shared/domain/budget.js';
import {
  LlmCall,
  ModelCatalog,
  ModelError,
  ModelMessage,
  ModelTool,
  withoutImages,
} from '../../models/index.js';
import { ContextTooLarge } from '../domain/context.errors.js';
import { largestOf } from '../domain/context-size.js';
import { assemblePrompt } from './assemble-prompt.js';
import { CompactionWork } from './checkpoint-writer.js';
import { CompactThread, CompactThreadCommand } from './compact-thread.js';
import { ContextView, Fixed, fixedFor, viewOf } from './context-view.js';
import { ImagesHold } from './images-in-hand.js';
import { LoadImages } from './load-images.js';
import { AgentTurn } from './prepare-turn.js';
import { ThreadReader } from './thread-reader.js';
import { ThreadRows } from './thread-rows.js';

/** A call to a model that is about to be made. */
export interface ContextRequest {
  readonly call: LlmCall;
  readonly turn: AgentTurn;
  readonly work: CompactionWork;
  /** Holds the images of the request, until its caller releases them. */
  readonly images: ImagesHold;
}

/** The request for the model. */
export interface PreparedContext {
  readonly messages: ModelMessage[];
  readonly tools: ModelTool[];
  /** The size of the request, estimated. */
  readonly tokens: number;
  /** Whether the thread was compacted for it; this happens at most once per call. */
  readonly isCompacted: boolean;
}

/** Builds the request for a model, and compacts the conversation if it is too large. */
@Injectable()
export class PrepareContext {
  private readonly logger = new Logger(PrepareContext.name);

  constructor(
    private readonly reader: ThreadReader,
    private readonly compactThread: CompactThread,
    private readonly models: ModelCatalog,
    private readonly images: LoadImages,
  ) {}

  /** @throws ContextTooLarge, and what CompactThread throws */
  async prepare(request: ContextRequest): Promise<PreparedContext> {
    const { call, turn, work } = request;
    const rows = await this.reader.first(call, toldIn(turn), work.signal);
    const view = viewOf(fixedOf(turn), rows);
    const { tokens, isCut } = view;
    if (isCut) {
      this.logger.warn(
        { model: call.model },
        'a model server told much fewer tokens than it was sent: it may leave out a part',
      );
    }
    const isTooLong = tokens > budgetOf(this.models.get(call.model).limit).threshold;
    const hasTooManyImages = this.images.areTooMany(call.model, rows.messages);
    if (!isTooLong && !hasTooManyImages) return this.assemble(request, rows, view, false);
    const reason = isTooLong ? 'threshold' : 'overflow';
    const checkpoint = await this.compactThread.execute(this.commandFor(request, reason));
    return this.assembleAnew(request, checkpoint !== undefined);
  }

  /**
   * What the model is told instead, after the provider has refused a request: less of the conversation where it was too long, and
   * images in words where it had some, since a request is refused for one that is damaged or too large for the model.
   * @returns undefined where that is not possible
   * @throws ContextTooLarge, and what CompactThread throws
   */
  async afterRefusal(
    request: ContextRequest,
    refused: PreparedContext,
    { code, facts }: ModelError,
  ): Promise<PreparedContext | undefined> {
    if (code === 'model.context_exceeded') return this.compacted(request, refused);
    const isAboutTool = facts.toolPlace !== undefined || facts.toolName !== undefined;
    if (code !== 'model.request_refused' || isAboutTool) return undefined;
    const messages = refused.messages.map(withoutImages);
    if (messages.every((message, index) => message === refused.messages[index])) return undefined;
    const { model, sessionId: session_id } = request.call;
    this.logger.warn(
      { model, session_id },
      'a model server refused a request with images: they are told in words',
    );
    request.images.release();
    return { ...refused, messages };
  }

  private async compacted(
    request: ContextRequest,
    refused: PreparedContext,
  ): Promise<PreparedContext | undefined> {
    if (refused.isCompacted) return undefined;
    const command = { ...this.commandFor(request, 'overflow'), ceiling: refused.tokens };
    if (!(await this.compactThread.execute(command))) return undefined;
    return this.assembleAnew(request, true);
  }

  private async assembleAnew(request: ContextRequest, isCompacted: boolean): Promise<PreparedContext> {
    const { call, turn, work } = request;
    const rows = await this.reader.again(call, toldIn(turn), work.signal);
    return this.assemble(request, rows, viewOf(fixedOf(turn), rows), isCompacted);
  }

  private async assemble(
    { call, turn, work, images }: ContextRequest,
    rows: ThreadRows,
    { tokens, parts }: ContextView,
    isCompacted: boolean,
  ): Promise<PreparedContext> {
    const fixed = fixedOf(turn);
    const budget = budgetOf(this.models.get(call.model).limit);
    if (tokens > budget.tokens) throw new ContextTooLarge(largestOf(parts), tokens, budget.tokens);
    const imagesOf = await this.images.load(call, rows.messages, images, work.signal);
    const messages = assemblePrompt({ ...fixed, checkpoint: rows.checkpoint }, rows.messages, imagesOf);
    return { messages, tools: fixed.tools.descriptions, tokens, isCompacted };
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
      fixed: fixedOf(turn),
      reason,
      work,
    };
  }
}

const fixedOf = ({ agent, tools, workspace, brief }: AgentTurn): Fixed =>
  fixedFor(agent, tools, workspace, brief);

const toldIn = ({ thread, tools, workspace }: AgentTurn) => ({
  thread,
  toolsDigest: tools.digest,
  workspaceDigest: workspace?.digest ?? null,
});
