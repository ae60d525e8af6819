/** Who brings a tool: the runtime, or a client that declares it. */
export const TOOL_SOURCES = ['builtin', 'client'] as const;

export type ToolSource = (typeof TOOL_SOURCES)[number];

/** What stands before the name of a client's tool in agents and rules, so that no name of a built-in tool fits it. */
export const CLIENT_TOOL = 'client:';

/** @param name as in agents and rules */
export const isClientTool = (name: string): boolean => name.startsWith(CLIENT_TOOL);
