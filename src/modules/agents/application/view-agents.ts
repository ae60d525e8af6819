import { Injectable } from '@nestjs/common';
import { Agent, isAgentId } from '../domain/agent.js';
import { AgentVersionNotFound } from '../domain/agent.errors.js';
import { StoredAgent, StoredAgents } from '../domain/agent.repository.js';
import { AgentVersionView, AgentView, toAgentVersionView, toAgentView } from '../domain/agent-view.js';
import { AgentDirectory } from './agent-directory.js';
import { AgentRegistry } from './agent-registry.js';

/** Shows agents to a user. */
@Injectable()
export class ViewAgents {
  constructor(
    private readonly installed: AgentRegistry,
    private readonly directory: AgentDirectory,
    private readonly stored: StoredAgents,
  ) {}

  /** Those of the installation, then those of the user. */
  async list(userId: string): Promise<AgentView[]> {
    const agents = await this.directory.ofUser(userId);
    return agents.all().map((agent) => this.short(agent));
  }

  /**
   * @param version a number, also of an agent that is archived; unset = the current one
   * @throws AgentNotFound, AgentVersionNotFound
   */
  async view(userId: string, id: string, version?: number): Promise<AgentVersionView> {
    const wanted = version ?? (await this.directory.get(userId, id)).version;
    const row = isAgentId(id) ? await this.stored.find(userId, id, wanted) : undefined;
    const view = row && this.viewOf(row);
    if (view) return view;
    const current = await this.directory.get(userId, id);
    throw new AgentVersionNotFound(id, String(wanted), current.version);
  }

  /** Undefined for a definition that this version of the server does not understand. */
  viewOf(row: StoredAgent): AgentVersionView | undefined {
    const agent = this.directory.read(row);
    return agent && toAgentVersionView(this.short(agent), row);
  }

  private short(agent: Agent): AgentView {
    return toAgentView(agent, agent.id === this.installed.defaultAgent().id);
  }
}
