import { z } from 'zod';
import { isVisible } from '../domain/visible-text.js';

/**
 * A text that people read: a title, a reason, a message. It is stored as it was sent.
 * @param most its greatest length, in characters; it has at least one that can be seen
 */
export const humanText = (most: number) =>
  z.string().min(1, { abort: true }).max(most).refine(isVisible, 'must have a visible character');
