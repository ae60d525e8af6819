import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { ConversationQueries } from '../../conversations/index.js';
import { SYNOPSIS_LIMITS } from '../domain/synopsis-content.js';
import { Coverage } from '../domain/synopsis.js';
import { AskAgent } from './ask-agent.js';
import { MessageText, Passage } from './message-text.js';
import { packIntoPieces } from './pieces.js';
import { SynopsisAttempt } from './synopsis-attempt.js';
import { Material, askForNotes, askToMerge, notesOf } from './synopsis-prompt.js';

/** Each may be as large as a request. */
const MESSAGES_PER_READ = 20;
/** Notes are not larger than a synopsis. Where less than two fit into a piece, merging them would not come to an end. */
const LEAST_PIECE = 3 * SYNOPSIS_LIMITS.content;

/** What is new in a session. */
export interface NewMaterial extends Material, Coverage {
  /** Where it begins: the place of the newest message that is not in it. */
  readonly after: number;
}

interface MessagePassage extends Passage, Coverage {}

/**
 * Brings what was said after some place into a size that a model can be given: as it is, or as notes on it, piece by
 * piece, and notes on those where they are too many.
 */
@Injectable()
export class GatherMaterial {
  constructor(
    private readonly conversations: ConversationQueries,
    private readonly askAgent: AskAgent,
    private readonly patience: DatabasePatience,
  ) {}

  /** @returns undefined where nothing was said */
  async execute(attempt: SynopsisAttempt, after: number): Promise<NewMaterial | undefined> {
    const pieces = packIntoPieces(this.read(attempt, after), pieceFor(attempt));
    const first = await next(pieces);
    if (!first) return undefined;
    const second = await next(pieces);
    if (!second) return { of: 'messages', text: first.text, after, ...coverageOf(first.last) };
    const notes: string[] = [];
    const note = async (messages: string) =>
      notes.push(
        JSON.stringify(await this.askAgent.execute(attempt, askForNotes(notes.length + 1, messages))),
      );
    await note(first.text);
    await note(second.text);
    let { last } = second;
    for await (const piece of pieces) {
      await note(piece.text);
      ({ last } = piece);
    }
    return { of: 'notes', text: await this.merge(attempt, notes), after, ...coverageOf(last) };
  }

  /** In pages: a session may be larger than what a process can hold. */
  private async *read(
    { job: { sessionId }, signal }: SynopsisAttempt,
    after: number,
  ): AsyncGenerator<MessagePassage> {
    const texts = new MessageText();
    for (let place = after; ;) {
      const page = await this.patience.read('read_messages', signal, () =>
        this.conversations.following(sessionId, place, MESSAGES_PER_READ),
      );
      if (page.length === 0) return;
      for (const message of page) {
        place = message.position;
        yield { ...texts.of(message), coversUpTo: place, coversUpToMessageId: message.id };
      }
    }
  }

  private async merge(attempt: SynopsisAttempt, notes: readonly string[]): Promise<string> {
    const pieces: string[] = [];
    for await (const { text } of packIntoPieces(notes.map(notesOf), pieceFor(attempt))) pieces.push(text);
    if (pieces.length === 1) return pieces[0]!;
    const merged: string[] = [];
    for (const piece of pieces) {
      merged.push(JSON.stringify(await this.askAgent.execute(attempt, askToMerge(piece))));
    }
    return this.merge(attempt, merged);
  }
}

/** What is left for messages beside the synopsis so far. */
function pieceFor({ agent: { id, limits } }: SynopsisAttempt): number {
  const left = limits.historyCharacters - SYNOPSIS_LIMITS.content;
  if (left < LEAST_PIECE) {
    throw new Error(`historyCharacters of ${id} must be at least ${LEAST_PIECE + SYNOPSIS_LIMITS.content}`);
  }
  return left;
}

const coverageOf = ({ coversUpTo, coversUpToMessageId }: Coverage): Coverage => ({
  coversUpTo,
  coversUpToMessageId,
});

async function next<T>(items: AsyncGenerator<T>): Promise<T | undefined> {
  const result = await items.next();
  return result.done ? undefined : result.value;
}
