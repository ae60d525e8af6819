export { ModelsModule } from './models.module.js';
export { abortedCall, completedCall, failedCall } from './application/call-outcomes.js';
export { askWithRetries } from './application/ask-with-retries.js';
export {
  LanguageModel,
  ModelError,
  isPassing,
  type ModelAnswer,
  type ModelListener,
  type ModelMessage,
  type ModelRequest,
  type ModelToolCall,
} from './application/language-model.js';
export { LlmCallQueries } from './application/llm-call.queries.js';
export { LlmCallRepository, type LlmCall, type LlmCallOutcome } from './domain/llm-call.js';
export { ModelEndpoint } from './infrastructure/model-endpoint.js';
