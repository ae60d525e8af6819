import { Agent, INSTALLATION } from '../domain/agent.js';
import { AgentRoster, ORCHESTRATOR, SINGLE_AGENT } from '../domain/agent-roster.js';
import { AgentFile } from './agent-files.js';

/** The agents of this installation, as the files of this process define them. */
export class AgentRegistry extends AgentRoster {
  constructor(
    files: readonly AgentFile[],
    private readonly multiAgentMode: boolean,
  ) {
    super(files.map(({ agent }) => ({ ...agent, owner: INSTALLATION, version: 0 })));
  }

  /** Enters the numbers of the versions that are stored, which are 0 until then. */
  enterVersions(versions: ReadonlyMap<string, number>): void {
    this.enter(this.all().map((agent) => ({ ...agent, version: versions.get(agent.id)! })));
  }

  /** The current agent of a new session: the orchestrator, or the one agent of single-agent mode. */
  defaultAgent(): Agent {
    return this.get(this.multiAgentMode ? ORCHESTRATOR : SINGLE_AGENT);
  }

  /** What metrics call an agent: the names that users choose must not become labels. */
  labelOf(agentId: string): string {
    return this.find(agentId) ? agentId : 'custom';
  }

  /** Whether tasks for this agent are classified first, instead of being answered by it. */
  classifies(agentId: string): boolean {
    return this.multiAgentMode && agentId === ORCHESTRATOR;
  }
}
