import { Agent, AgentNotFound, mayWrite } from '../domain/agent.js';
import { ToolName } from '../domain/tool.js';

const ORCHESTRATOR = 'orchestrator';
const SINGLE_AGENT = 'universal';

/** The agents of this installation. */
export class AgentRegistry {
  private readonly agents: ReadonlyMap<string, Agent>;

  constructor(
    agents: readonly Agent[],
    private readonly multiAgentMode: boolean,
  ) {
    this.agents = new Map(agents.map((agent) => [agent.id, agent]));
    if (this.agents.size !== agents.length) throw new Error('Two agents have the same id');
    // A missing agent fails the start of the process, not the first request.
    for (const required of [ORCHESTRATOR, SINGLE_AGENT]) this.get(required);
  }

  all(): Agent[] {
    return [...this.agents.values()];
  }

  /** @throws AgentNotFound */
  get(id: string): Agent {
    const agent = this.agents.get(id);
    if (!agent) throw new AgentNotFound(id, [...this.agents.keys()]);
    return agent;
  }

  /**
   * An agent that can be the current agent of a session.
   * @throws AgentNotFound
   */
  conversational(id: string): Agent {
    const candidates = this.all().filter((agent) => agent.mode === 'conversation');
    const agent = candidates.find((candidate) => candidate.id === id);
    if (!agent) {
      throw new AgentNotFound(
        id,
        candidates.map((candidate) => candidate.id),
      );
    }
    return agent;
  }

  /** The current agent of a new session: the orchestrator, or the one agent of single-agent mode. */
  defaultAgent(): Agent {
    return this.get(this.multiAgentMode ? ORCHESTRATOR : SINGLE_AGENT);
  }

  /** Whether tasks for this agent are classified first, instead of being answered by it. */
  classifies(agentId: string): boolean {
    return this.multiAgentMode && agentId === ORCHESTRATOR;
  }

  /** The agents that a plan may assign subtasks to. */
  forSubtasks(): string[] {
    return this.all()
      .filter((agent) => agent.takesSubtasks)
      .map((agent) => agent.id);
  }

  /** An agent other than `agentId` that may use the tool and write the path. */
  alternativeTo(agentId: string, tool: ToolName, path: string | undefined): Agent | undefined {
    return this.all().find(
      (agent) =>
        agent.id !== agentId &&
        agent.mode === 'conversation' &&
        agent.tools.includes(tool) &&
        (tool !== 'write_file' || path === undefined || mayWrite(agent, path)),
    );
  }
}
