import { Agent, isConversational, mayWrite } from './agent.js';
import { AgentNotFound } from './agent.errors.js';
import { ToolName, isWritingTool } from './tool.js';

/** Decides who carries out tasks, where no other agent was chosen. */
export const ORCHESTRATOR = 'orchestrator';
/** Answers everything, where there is one agent only. */
export const SINGLE_AGENT = 'universal';

/** Agents with ids of their own: those of an installation, or those that one user has. */
export class AgentRoster {
  private readonly agents = new Map<string, Agent>();

  constructor(agents: readonly Agent[]) {
    this.enter(agents);
  }

  /** Adds agents; each takes the place of one with its id. */
  protected enter(agents: readonly Agent[]): void {
    for (const agent of agents) this.agents.set(agent.id, agent);
  }

  all(): Agent[] {
    return [...this.agents.values()];
  }

  find(id: string): Agent | undefined {
    return this.agents.get(id);
  }

  /** @throws AgentNotFound */
  get(id: string): Agent {
    const agent = this.agents.get(id);
    if (!agent) throw new AgentNotFound(id, [...this.agents.keys()]);
    return agent;
  }

  /** An agent that can be the current one of a session. @throws AgentNotFound */
  conversational(id: string): Agent {
    const candidates = this.all().filter(isConversational);
    const agent = candidates.find((candidate) => candidate.id === id);
    if (agent) return agent;
    throw new AgentNotFound(
      id,
      candidates.map((candidate) => candidate.id),
    );
  }

  /** The agent that answers everything. @throws AgentNotFound, which is a defect: every installation has it */
  singleAgent(): Agent {
    return this.get(SINGLE_AGENT);
  }

  /** The agents among which a task is classified. */
  classified(): Agent[] {
    return this.all().filter(
      (agent) => isConversational(agent) && agent.id !== ORCHESTRATOR && agent.id !== SINGLE_AGENT,
    );
  }

  /** The agents that a plan may assign subtasks to. */
  forSubtasks(): Agent[] {
    return this.all().filter(({ takesSubtasks }) => takesSubtasks);
  }

  /** The agents that an agent may hand over to. */
  successorsOf({ id, handOverTo }: Agent): Agent[] {
    return this.all().filter(
      (agent) => isConversational(agent) && agent.id !== id && (handOverTo?.includes(agent.id) ?? true),
    );
  }

  /** An agent other than `agentId` that may use the tool and write the path. */
  alternativeTo(agentId: string, tool: ToolName, path: string | undefined): Agent | undefined {
    return this.all().find(
      (agent) =>
        agent.id !== agentId &&
        isConversational(agent) &&
        agent.tools.includes(tool) &&
        (!isWritingTool(tool) || path === undefined || mayWrite(agent, path)),
    );
  }
}
