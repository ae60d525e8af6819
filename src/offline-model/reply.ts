import type { FixtureResponse, ToolCall } from '@copilotkit/aimock';
import type { ToolName } from '../modules/agents/index.js';

export const callTool = (name: ToolName, args: Readonly<Record<string, unknown>>): ToolCall => ({
  name,
  arguments: JSON.stringify(args),
});

/** Announces the next step and calls its tools. */
export const sayAndCall = (content: string, ...toolCalls: ToolCall[]): FixtureResponse => ({
  content,
  toolCalls,
});

/** Ends the task with a result for the developer. */
export const finish = (result: string): FixtureResponse => ({
  toolCalls: [callTool('attempt_completion', { result })],
});
