import type { FixtureResponse, ToolCall } from '@copilotkit/aimock';
import type { ToolName } from '../modules/agents/index.js';

export const callTool = (name: ToolName, args: Readonly<Record<string, unknown>>): ToolCall => ({
  name,
  arguments: JSON.stringify(args),
});

/** Says what comes next, then calls for it. */
export const sayAndCall = (content: string, ...toolCalls: ToolCall[]): FixtureResponse => ({
  content,
  toolCalls,
});

/** Ends the task with what the developer reads. */
export const finish = (result: string): FixtureResponse => ({
  toolCalls: [callTool('attempt_completion', { result })],
});
