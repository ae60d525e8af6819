export { AgentsModule } from './agents.module.js';
export { AgentRegistry } from './application/agent-registry.js';
export { mayWrite, type Agent } from './domain/agent.js';
export {
  IDE_TOOLS,
  ToolCatalog,
  isIdeTool,
  isToolName,
  type ToolDescription,
  type ToolName,
} from './domain/tool.js';
