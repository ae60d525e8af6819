export { CONTEXT_EVENTS } from './api/context-events.dto.js';
export {
  CheckpointWriter,
  type CheckpointTask,
  type CompactionWork,
  type WrittenCheckpoint,
} from './application/checkpoint-writer.js';
export { CompactThread, type CompactThreadCommand } from './application/compact-thread.js';
export { ContextMetrics } from './application/context-metrics.js';
export { ImagesInHand, type ImagesHold } from './application/images-in-hand.js';
export { NoteInstructions } from './application/note-instructions.js';
export { PrepareContext, type ContextRequest, type PreparedContext } from './application/prepare-context.js';
export { PrepareTurn, threadOf, type AgentTurn } from './application/prepare-turn.js';
export { ThreadReader } from './application/thread-reader.js';
export { ContextModule } from './context.module.js';
export { CheckpointRepository } from './domain/checkpoint.repository.js';
export type { Checkpoint } from './domain/checkpoint.js';
export { newCheckpoint } from './domain/new-checkpoint.js';
export { contextCompacted } from './domain/context.events.js';
export { CheckpointChanged, ContextTooLarge } from './domain/context.errors.js';
