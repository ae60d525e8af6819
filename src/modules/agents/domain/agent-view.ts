import { Agent, AGENT_MODES, INSTALLATION } from './agent.js';
import { StoredAgent } from './agent.repository.js';

export { AGENT_MODES };

/** Who an agent belongs to. */
export const AGENT_SOURCES = ['installation', 'user'] as const;

/** An agent as clients see it. */
export const toAgentView = (agent: Agent, isDefault: boolean) => ({
  id: agent.id,
  version: String(agent.version),
  name: agent.name,
  description: agent.description,
  mode: agent.mode,
  default: isDefault,
  source: agent.owner === INSTALLATION ? ('installation' as const) : ('user' as const),
  takes_subtasks: agent.takesSubtasks,
  tools: [...agent.tools] as string[],
});

export type AgentView = ReturnType<typeof toAgentView>;

/** The same, with what is stored of the version. */
export const toAgentVersionView = (view: AgentView, { definition, createdAt, archivedAt }: StoredAgent) => ({
  ...view,
  definition,
  created_at: createdAt.toISOString(),
  archived_at: archivedAt?.toISOString() ?? null,
});

export type AgentVersionView = ReturnType<typeof toAgentVersionView>;
