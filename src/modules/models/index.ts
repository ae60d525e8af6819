export { ModelsModule } from './models.module.js';
export { abortedCall, completedCall, failedCall } from './application/call-outcomes.js';
export { answeringModel } from './application/answering-model.js';
export { AskBeside, type Asker } from './application/ask-beside.js';
export { FALLBACK_CODES, askWithRetries, type AskPolicy } from './application/ask-with-retries.js';
export {
  LanguageModel,
  ModelError,
  isPassing,
  type ModelAnswer,
  type ModelImage,
  type ModelListener,
  type ModelMessage,
  type ModelRequest,
  type ModelTool,
  type ModelToolCall,
  type ModelUsage,
} from './application/language-model.js';
export { IMAGES_NOT_SHOWN, withoutImages } from './application/message-images.js';
export { Fallbacks } from './application/fallbacks.js';
export { ModelCatalog } from './application/model-catalog.js';
export { UsageQueries } from './application/usage.queries.js';
export { LlmCallQueries } from './application/llm-call.queries.js';
export type { Model } from './domain/model.js';
export { ModelNotConfigured } from './domain/model.errors.js';
export { LlmCallRepository, type LlmCall, type LlmCallOutcome } from './domain/llm-call.js';
export { ModelSetup } from './infrastructure/model-setup.js';
