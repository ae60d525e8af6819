import { Injectable } from '@nestjs/common';
import { Agent } from '../domain/agent.js';
import { EquippedAgent, editionOf } from '../domain/client-tools.js';
import { BuiltInTools, ToolDescription, isBuiltInTool } from '../domain/tool.js';
import { AgentRegistry } from './agent-registry.js';

/**
 * Describes the built-in tools of an agent to its model, with the agents that the calls may name. Only those of the
 * installation are listed, and what the agent itself names: so the list stays the same for all of a run.
 */
@Injectable()
export class DescribeTools {
  constructor(
    private readonly tools: BuiltInTools,
    private readonly installed: AgentRegistry,
  ) {}

  of(agent: EquippedAgent): ToolDescription[] {
    const names = agent.tools.filter(isBuiltInTool);
    return this.tools.describe(names, editionOf(agent.client)).map((tool) => {
      if (tool.name === 'switch_agent') return withAgents(tool, this.successorsOf(agent));
      return tool.name === 'create_plan' ? withAgents(tool, this.installed.forSubtasks()) : tool;
    });
  }

  private successorsOf({ id, handOverTo }: Agent): Named[] {
    if (handOverTo) return handOverTo.map((to) => this.installed.find(to) ?? { id: to });
    return this.installed.classified().filter((agent) => agent.id !== id);
  }
}

type Named = Pick<Agent, 'id'> & Partial<Pick<Agent, 'description'>>;

const withAgents = (tool: ToolDescription, agents: readonly Named[]): ToolDescription => ({
  ...tool,
  description: `${tool.description}\nAgents:\n${agents.map(lineOf).join('\n')}`,
});

const lineOf = ({ id, description }: Named): string =>
  description === undefined ? `- ${id}` : `- ${id}: ${description}`;
