import { storableText } from '../../../../shared/domain/storable.js';

/** Longer than the name of any tool. */
const LONGEST_NAME = 100;

/** A name that a model has written, as it is stored and shown: it may be any text. */
export const shownToolName = (written: string): string => storableText(written.slice(0, LONGEST_NAME));
