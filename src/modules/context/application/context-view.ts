import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { ToolSet } from '../../tools/index.js';
import type { ToldWorkspace } from '../../workspaces/index.js';
import { ContextParts, ContextSize, sizeOf } from '../domain/context-size.js';
import { ThreadRows } from './thread-rows.js';

/** What an agent is told whatever the conversation is. */
export interface Fixed {
  /** The prompt of the agent, and where it works. */
  readonly system: string;
  readonly tools: ToolSet;
  /** What files of the workspace say of work there; empty = nothing. */
  readonly instructions: string;
  readonly brief?: string | undefined;
  readonly workspaceDigest: string | null;
}

export const fixedFor = (
  { prompt }: { readonly prompt: string },
  tools: ToolSet,
  workspace: ToldWorkspace | null,
  brief?: string,
): Fixed => ({
  system: workspace ? `${prompt}\n\n${workspace.environment}` : prompt,
  tools,
  instructions: workspace?.instructions ?? '',
  brief,
  workspaceDigest: workspace?.digest ?? null,
});

/** The size of the next request of a thread, and of its parts. */
export interface ContextView extends ContextSize {
  readonly parts: ContextParts;
}

export function viewOf({ system, tools, instructions, brief }: Fixed, rows: ThreadRows): ContextView {
  const parts = {
    system: estimatedTokens(system),
    tools: estimatedTokens(JSON.stringify(tools.descriptions)),
    instructions: estimatedTokens(instructions + (brief ?? '')),
    checkpoint: rows.checkpoint?.tokens ?? 0,
    messages: rows.tokens,
  };
  return { parts, ...sizeOf(parts, rows.told) };
}
