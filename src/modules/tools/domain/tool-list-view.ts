import { DeclaredTool, RefusedTool, ToolList } from './declared-tool.js';

/** The tools of a client as clients see them. @param digestOf tells which of them were refused */
export const toToolListView = (
  { clientId, tools, ttlSeconds, expiresAt }: ToolList,
  refused: readonly RefusedTool[],
  digestOf: (tool: DeclaredTool) => string,
) => ({
  client_id: clientId,
  ttl_seconds: ttlSeconds,
  expires_at: expiresAt.toISOString(),
  tools: tools.map((tool) => {
    const refusal = refused.find(({ digest }) => digest === digestOf(tool));
    return {
      name: tool.name,
      description: tool.description,
      parameters: tool.parameters,
      effect: tool.effect,
      ...(tool.timeoutSeconds !== null && { timeout_seconds: tool.timeoutSeconds }),
      ...(tool.agents && { agents: [...tool.agents] }),
      ...(refusal && { refused: { model: refusal.model, at: refusal.refusedAt.toISOString() } }),
    };
  }),
});

export type ToolListView = ReturnType<typeof toToolListView>;
