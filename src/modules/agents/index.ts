export { AgentsModule } from './agents.module.js';
export { AgentRegistry } from './application/agent-registry.js';
export {
  LanguageModel,
  ModelError,
  type ModelAnswer,
  type ModelListener,
  type ModelMessage,
  type ModelRequest,
  type ModelToolCall,
  type ModelUsage,
} from './application/language-model.js';
export { AgentNotFound, mayWrite, type Agent } from './domain/agent.js';
export {
  IDE_TOOLS,
  ToolCatalog,
  isIdeTool,
  isToolName,
  type ToolDescription,
  type ToolName,
} from './domain/tool.js';
export { ModelEndpoint } from './infrastructure/model-endpoint.js';
