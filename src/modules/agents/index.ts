export { AgentsModule } from './agents.module.js';
export { AgentChecks } from './application/agent-checks.js';
export { AgentDirectory, type AgentsOfRun } from './application/agent-directory.js';
export { AgentRegistry } from './application/agent-registry.js';
export { DescribeTools } from './application/describe-tools.js';
export {
  DEFAULT_LIMITS,
  forbiddenPath,
  isConversational,
  mayCallClientTool,
  policyNameOf,
  type Agent,
  type AgentDefinition,
} from './domain/agent.js';
export {
  editionOf,
  equip,
  isExecutable,
  type ClientTools,
  type EquippedAgent,
} from './domain/client-tools.js';
export { AgentNotFound } from './domain/agent.errors.js';
export { StoredAgents } from './domain/agent.repository.js';
export type { AgentRoster } from './domain/agent-roster.js';
export { readAgents } from './infrastructure/read-agent-files.js';
export { readArguments } from './infrastructure/read-arguments.js';
export { ZodToolCatalog } from './infrastructure/zod-tool-catalog.js';
export {
  BuiltInTools,
  IDE_TOOLS,
  changesFile,
  effectOf,
  isBuiltInTool,
  isIdeTool,
  isReservedToolName,
  pathsIn,
  ruleNameOf,
  type BuiltInTool,
  type ParsedArguments,
  type ToolDescription,
  type ToolName,
} from './domain/tool.js';
