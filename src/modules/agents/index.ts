export { AgentsModule } from './agents.module.js';
export { AgentRegistry } from './application/agent-registry.js';
export { abortedCall, completedCall, failedCall } from './application/call-outcomes.js';
export { retryWait } from './application/retry-wait.js';
export {
  LanguageModel,
  ModelError,
  isPassing,
  type ModelAnswer,
  type ModelListener,
  type ModelMessage,
  type ModelRequest,
  type ModelToolCall,
  type ModelUsage,
} from './application/language-model.js';
export { LlmCallRepository, type LlmCall, type LlmCallOutcome } from './domain/llm-call.js';
export { LlmCallSchema } from './infrastructure/llm-call.row.js';
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
