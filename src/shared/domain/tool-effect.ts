/** What a tool may do to a workspace: nothing, change files, or anything at all, as commands do. */
export const TOOL_EFFECTS = ['read', 'write', 'execute'] as const;

export type ToolEffect = (typeof TOOL_EFFECTS)[number];
