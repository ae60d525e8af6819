import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { ToolDescription } from '../../agents/index.js';
import { ContextParts, ContextSize, sizeOf } from '../domain/context-size.js';
import { ThreadRows } from './thread-rows.js';

/** What an agent is told whatever the conversation is. */
export interface Fixed {
  /** The prompt of the agent. */
  readonly system: string;
  readonly tools: readonly ToolDescription[];
  readonly brief?: string | undefined;
}

/** The size of the next request of a thread, and of its parts. */
export interface ContextView extends ContextSize {
  readonly parts: ContextParts;
}

export function viewOf({ system, tools, brief }: Fixed, rows: ThreadRows): ContextView {
  const parts = {
    system: estimatedTokens(system),
    tools: estimatedTokens(JSON.stringify(tools)),
    instructions: estimatedTokens(brief ?? ''),
    checkpoint: rows.checkpoint?.tokens ?? 0,
    messages: rows.tokens,
  };
  return { parts, ...sizeOf(parts, rows.told) };
}
