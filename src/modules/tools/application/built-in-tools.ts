import {
  BuiltInTools,
  DescribeTools,
  EquippedAgent,
  editionOf,
  effectOf,
  isBuiltInTool,
} from '../../agents/index.js';
import { Tool } from './tool-set.js';

/** The built-in tools of an agent, in the order in which models are shown them. */
export function builtInToolsOf(
  agent: EquippedAgent,
  describeTools: DescribeTools,
  builtIn: BuiltInTools,
): Tool[] {
  const edition = editionOf(agent.client);
  const described = new Map(describeTools.of(agent).map((tool) => [tool.name, tool]));
  return agent.tools.filter(isBuiltInTool).map((name) => ({
    description: described.get(name)!,
    source: 'builtin',
    effect: effectOf(name),
    timeoutSeconds: null,
    example: builtIn.example(name, edition),
    parse: (args) => builtIn.parse(name, args, edition),
  }));
}
