export { ContentAnswer, FileAnswer, ToolError, type ToolErrorCode } from './answers.ts';
export type { DataOf, EventOptions, EventType, RuntimeEvent, UnknownEvent } from './events.ts';
export type { Options, RequestOptions, Retry } from './http.ts';
export type {
  ApprovalContext,
  CallApproval,
  CallDecision,
  Journal,
  Lent,
  PlanContext,
  DecisionOnPlan,
} from './lent.ts';
export { type Page, Pages } from './pages.ts';
export { Problem } from './problem.ts';
export type { Resources } from './resources.ts';
export { AgentRuntime, type LendOptions, type Lending, type Outcome, type StayOptions } from './runtime.ts';
export type { Tool, ToolArguments, ToolCall, ToolContext, Tools } from './tools.ts';
export { type Change, type ShownMessage, Transcript } from './transcript.ts';
export { type Instruction, type WorkspaceFiles, describeWorkspace, instructionsIn } from './workspace.ts';
export type * from './types.gen.ts';
