export { AgentsModule } from './agents.module.js';
export { AgentRegistry } from './application/agent-registry.js';
export { mayWrite, type Agent } from './domain/agent.js';
export { openAgents } from './infrastructure/load-agents.js';
export { ZodToolCatalog } from './infrastructure/zod-tool-catalog.js';
export {
  IDE_TOOLS,
  ToolCatalog,
  isIdeTool,
  isToolName,
  type ToolDescription,
  type ToolName,
} from './domain/tool.js';
