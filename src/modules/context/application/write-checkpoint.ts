import { Injectable, Logger } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { DomainError } from '../../../shared/domain/domain-error.js';
import { storableText } from '../../../shared/domain/storable.js';
import {
  ConversationQueries,
  Message,
  MessageText,
  NoteTaker,
  Passage,
  fitIntoOne,
  passagesOf,
  quoted,
  readInPieces,
  shortenTo,
} from '../../conversations/index.js';
import { AskBeside, Asker, ModelCatalog, ModelError, ModelMessage } from '../../models/index.js';
import { CheckpointTask, CheckpointWriter, WrittenCheckpoint } from './checkpoint-writer.js';
import { Guidance, askForCheckpoint, askForNotes, askToMerge } from './checkpoint-prompt.js';
import { Excerpt } from './checkpoint-excerpt.js';
import { ReadGuidance } from './read-guidance.js';
import { Summariser, summariserOf } from './summariser.js';

/** A small page, since each message may be as large as a request. */
const MESSAGES_PER_READ = 20;

/** One way to have a model write a checkpoint. */
interface Try {
  readonly way: 'summary' | 'shortened';
  /** The most characters of a tool's answer that the model is shown. */
  readonly longestOutput: number;
  /** Whether an answer beyond the limit counts, cut to it. */
  readonly cuts: boolean;
  /** Unset = the setting. */
  readonly maxRetries?: number;
}

const TRIES: readonly Try[] = [
  { way: 'summary', longestOutput: Infinity, cuts: false },
  { way: 'shortened', longestOutput: 2_000, cuts: true, maxRetries: 0 },
];

/** No model has written usable notes. */
class NoNotes extends DomainError {
  readonly code = 'context.no_notes';
  readonly kind = 'unavailable';

  constructor(why: string) {
    super(`No checkpoint was written: ${why}`);
  }
}

/** Lets a model write a checkpoint; if no model can, it is an excerpt. */
@Injectable()
export class WriteCheckpoint extends CheckpointWriter {
  private readonly logger = new Logger(WriteCheckpoint.name);

  constructor(
    private readonly models: ModelCatalog,
    private readonly beside: AskBeside,
    private readonly conversations: ConversationQueries,
    private readonly guidance: ReadGuidance,
    private readonly patience: DatabasePatience,
  ) {
    super();
  }

  async write(task: CheckpointTask): Promise<WrittenCheckpoint> {
    const guidance = await this.guidance.of(task);
    let failed: { readonly model: string; readonly error: Error } | undefined;
    for (const attempt of TRIES) {
      const summariser = await this.choose(task, guidance, attempt, failed?.model);
      try {
        return { ...(await this.summarise(task, summariser, attempt)), way: attempt.way };
      } catch (error) {
        task.work.signal.throwIfAborted();
        if (!(error instanceof ModelError || error instanceof NoNotes)) throw error;
        failed = { model: summariser.model, error };
        const { way } = attempt;
        this.logger.warn(
          { err: error, model: summariser.model, way },
          'a checkpoint could not be written this way',
        );
      }
    }
    // A compaction that a user requests can wait for a model; a run cannot.
    if (task.reason === 'request') throw failed!.error;
    return { content: await this.excerpt(task), llmCallId: null, way: 'excerpt' };
  }

  /** Chooses the small model if it can read everything in one request, else the answering one; if possible none that has failed. */
  private async choose(
    task: CheckpointTask,
    guidance: Guidance,
    { longestOutput }: Try,
    failed: string | undefined,
  ): Promise<Summariser> {
    const [own, small] = [task.model, this.models.helping({ model: task.model })].map((id) =>
      summariserOf(this.models.get(id), task.maxTokens, guidance),
    ) as [Summariser, Summariser];
    if (small.model === failed) return own;
    if (small.size.most >= own.size.most) return small;
    return (await fitIntoOne(this.passages(task, longestOutput), small.size)) ? small : own;
  }

  private async summarise(
    task: CheckpointTask,
    summariser: Summariser,
    { longestOutput, cuts, maxRetries }: Try,
  ): Promise<Pick<WrittenCheckpoint, 'content' | 'llmCallId'>> {
    if (!summariser.isLargeEnough) throw new NoNotes(`the context of ${summariser.model} is too small`);
    const ask = (messages: ModelMessage[]) => this.ask(task, summariser.model, messages, maxRetries);
    const takeNotes = async (messages: ModelMessage[]) =>
      shortenTo((await ask(messages)).text, summariser.notes);
    const taker: NoteTaker = {
      size: summariser.size,
      note: (part, text) => takeNotes(askForNotes(part, text, summariser.notesCharacters)),
      merge: (notes) => takeNotes(askToMerge(notes, summariser.notesCharacters)),
    };
    const material = await readInPieces(this.passages(task, longestOutput), taker);
    if (!material) throw new NoNotes('there is nothing to write of');
    const { text, isWhole, callId } = await ask(
      askForCheckpoint(material, summariser.guidance, summariser.characters),
    );
    const fits = estimatedTokens(text) <= task.maxTokens;
    if (!cuts && !(fits && isWhole)) throw new NoNotes('the answer is too long');
    return { content: shortenTo(text, { most: task.maxTokens, sizeOf: estimatedTokens }), llmCallId: callId };
  }

  private async ask(
    { sessionId, agent, work }: CheckpointTask,
    model: string,
    messages: ModelMessage[],
    maxRetries: number | undefined,
  ): Promise<{ text: string; isWhole: boolean; callId: string }> {
    const { owner, hold, signal } = work;
    const asker: Asker = {
      sessionId,
      owner: owner.runId === null ? { jobId: owner.jobId } : { runId: owner.runId },
      agent,
      purpose: 'compaction',
      hold,
      signal,
    };
    const answer = await this.beside.answer(asker, { model, messages, tools: [] }, maxRetries);
    const text = storableText(answer.content).trim();
    if (text === '') {
      throw new NoNotes(answer.toolCalls.length > 0 ? 'the model calls a tool' : 'the answer is empty');
    }
    return { text, isWhole: answer.finishReason !== 'length', callId: answer.callId };
  }

  private async excerpt(task: CheckpointTask): Promise<string> {
    const excerpt = new Excerpt(task.base?.content, task.maxTokens);
    for (let after = task.after; ;) {
      const page = await this.page(task, after);
      for (const message of page) excerpt.add(message);
      if (page.length === 0) return excerpt.write();
      after = page.at(-1)!.position;
    }
  }

  private async *passages(task: CheckpointTask, longestOutput: number): AsyncGenerator<Passage> {
    const { base, after } = task;
    if (base) {
      const author = base.kind === 'edited' ? ', in the words of the developer' : '';
      yield { heading: `=== The notes so far${author}`, body: quoted(base.content) };
    }
    yield* passagesOf((place) => this.page(task, place), after, new MessageText(longestOutput));
  }

  private page({ sessionId, thread, upTo, work }: CheckpointTask, after: number): Promise<Message[]> {
    return this.patience.read('read_messages', work.signal, () =>
      this.conversations.passage(sessionId, thread, { after, upTo }, MESSAGES_PER_READ),
    );
  }
}
