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

/** A small page, since each message may be as large as a request. */
const MESSAGES_PER_READ = 20;
/** Notes are at most as large as a synopsis. A piece must hold two of them, or merging them would never end. */
const MIN_PIECE = 3 * SYNOPSIS_LIMITS.content;

/** The messages since the live version. */
export interface NewMaterial extends Material, Coverage {
  /** The position of the last message before the material. */
  readonly after: number;
}

interface MessagePassage extends Passage, Coverage {}

/**
 * Reduces the messages after a position to the size of one request: unchanged if they fit, else as notes on each piece,
 * and as notes on those notes if they are still too long.
 */
@Injectable()
export class GatherMaterial {
  constructor(
    private readonly conversations: ConversationQueries,
    private readonly askAgent: AskAgent,
    private readonly patience: DatabasePatience,
  ) {}

  /** @returns undefined if there are no messages */
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

  /** Reads in pages, since a session may be larger than the process' memory. */
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

/** The characters left for messages beside the live synopsis. */
function pieceFor({ agent: { id, limits } }: SynopsisAttempt): number {
  const left = limits.historyCharacters - SYNOPSIS_LIMITS.content;
  if (left < MIN_PIECE) {
    throw new Error(`historyCharacters of ${id} must be at least ${MIN_PIECE + SYNOPSIS_LIMITS.content}`);
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
