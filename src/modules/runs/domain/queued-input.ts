import { MessageParts } from '../../../shared/domain/message-parts.js';
import { textOfSteers } from './steer.js';

/** A message sent while another run was active: the run starts with it when its turn comes. */
export type QueuedInput = {
  content: string;
  /** What the content consists of; unset = of the user's words alone. */
  parts?: MessageParts | null;
  agent: string | null;
  /** What was said to the run before, of which the content consists. */
  steers?: { id: string; content: string }[];
};

/** What is left of it once the user takes one part back; null = nothing. */
export function withoutSteer(input: QueuedInput | null, steerId: string): QueuedInput | null {
  const steers = input?.steers?.filter(({ id }) => id !== steerId) ?? [];
  return input && steers.length > 0 ? { ...input, steers, content: textOfSteers(steers) } : null;
}
