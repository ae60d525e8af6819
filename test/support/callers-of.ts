import { AgentRegistry, EquippedAgent, equip } from '../../src/modules/agents/index.js';

/** Agents with their tools, by id, in a session whose client executes the tools of the first release. */
export const callersOf = <T>(agents: AgentRegistry, toolsOf: (agent: EquippedAgent) => T) =>
  new Map(
    agents.all().map((each) => {
      const agent = equip(each, { builtinTools: null, fileHashes: false });
      return [agent.id, { agent, tools: toolsOf(agent) }];
    }),
  );
