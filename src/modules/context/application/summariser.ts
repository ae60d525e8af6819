import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { PieceSize, shortenTo } from '../../conversations/index.js';
import type { Model } from '../../models/index.js';
import { Guidance, askForCheckpoint } from './checkpoint-prompt.js';

/** What an estimate may miss, as a share of the context. */
const MARGIN = 0.1;
/** The shares of the context that the answer and each kind of guidance may take. */
const ANSWER = 0.25;
const GUIDANCE = 0.1;
/** With less room for messages, in tokens, a model cannot write notes on them. */
const LEAST_ROOM = 500;
/** Fewer than a token has on average, since models count characters badly. */
const CHARACTERS_PER_TOKEN = 2;

/** A model that writes a checkpoint: how much it is given to read in one request, and may write. */
export interface Summariser {
  /** The id of the model. */
  readonly model: string;
  readonly isLargeEnough: boolean;
  /** Of the material, in tokens. */
  readonly size: Required<PieceSize>;
  /** Of the notes on a piece: a piece holds two of them. */
  readonly notes: Required<PieceSize>;
  readonly notesCharacters: number;
  /** What the model is told as the limit of the checkpoint. */
  readonly characters: number;
  readonly guidance: Guidance;
}

/** @param maxTokens of the checkpoint */
export function summariserOf({ id, limit }: Model, maxTokens: number, given: Guidance): Summariser {
  const guidance = {
    ...given,
    instructions: given.instructions && shortenTo(given.instructions, sized(limit.context * GUIDANCE)),
    hints: shortenTo(given.hints, sized(limit.context * GUIDANCE)),
  };
  const answer = Math.min(maxTokens, limit.context * ANSWER, limit.output ?? Infinity);
  const characters = Math.floor(answer * CHARACTERS_PER_TOKEN);
  const empty = askForCheckpoint({ of: 'notes', text: '' }, guidance, characters);
  const fixed = empty.reduce((sum, { content }) => sum + estimatedTokens(content), 0);
  const window = Math.min(limit.context - answer, limit.input ?? Infinity) - limit.context * MARGIN;
  const size = sized(window - fixed);
  const notes = sized(Math.min(size.most / 3, answer));
  return {
    model: id,
    isLargeEnough: size.most >= LEAST_ROOM,
    size,
    notes,
    notesCharacters: notes.most * CHARACTERS_PER_TOKEN,
    characters,
    guidance,
  };
}

const sized = (most: number): Required<PieceSize> => ({
  most: Math.max(0, Math.floor(most)),
  sizeOf: estimatedTokens,
});
