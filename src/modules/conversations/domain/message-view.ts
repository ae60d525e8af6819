import { JsonValue } from '../../../shared/domain/json.js';
import { TokenUsageView, tokenUsageView } from '../../../shared/domain/token-usage.js';
import { AttachmentView, EditorView, toAttachmentViews, toEditorView } from './attachment-view.js';
import { wordsOf } from '../../../shared/domain/message-parts.js';
import { CallOutcome, MessageRole, MessageToolCall, MessageUsage, NewMessage } from './message.js';

/** A message as clients see it, in answers and in events alike. */
export type MessageView = {
  id: string;
  session_id: string;
  run_id: string | null;
  subtask_id: string | null;
  job_id: string | null;
  role: MessageRole;
  agent: string | null;
  content: string;
  reasoning: string | null;
  tool_calls: ToolCallView[];
  call_id: string | null;
  call_status: CallOutcome | null;
  suggestions: string[] | null;
  finish_reason: string | null;
  usage: UsageView | null;
  truncated?: { characters: number };
  attachments?: AttachmentView[];
  editor?: EditorView;
  display?: JsonValue;
  created_at: string;
};

export type ToolCallView = { call_id: string; tool_name: string; arguments: JsonValue };

type WithContext = TokenUsageView & { context_tokens?: number; context_window?: number };

/** How full the context of the model was is told of newer messages only. */
export type UsageView = { [Field in keyof WithContext]: WithContext[Field] };

export const toMessageView = (message: NewMessage): MessageView => ({
  id: message.id,
  session_id: message.sessionId,
  run_id: message.runId,
  subtask_id: message.subtaskId,
  job_id: message.jobId,
  role: message.role,
  agent: message.agent,
  content: wordsOf(message),
  reasoning: message.reasoning?.text || null,
  tool_calls: message.toolCalls.map(toToolCallView),
  call_id: message.callId,
  call_status: message.callStatus ?? null,
  suggestions: message.suggestions ? [...message.suggestions] : null,
  finish_reason: message.finishReason,
  usage: toUsageView(message.usage),
  ...(message.truncated !== null && { truncated: { characters: message.truncated } }),
  ...partsView(message),
  created_at: message.createdAt.toISOString(),
});

function partsView(message: NewMessage): Pick<MessageView, 'attachments' | 'editor' | 'display'> {
  const attachments = toAttachmentViews(message);
  const { editor, display } = message.parts ?? {};
  return {
    ...(attachments && { attachments }),
    ...(editor && { editor: toEditorView(editor) }),
    ...(display !== undefined && { display }),
  };
}

export const toToolCallView = (call: MessageToolCall): ToolCallView => ({
  call_id: call.callId,
  tool_name: call.toolName,
  arguments: call.arguments,
});

export const toUsageView = (usage: MessageUsage | null): UsageView | null =>
  usage && { ...tokenUsageView(usage), ...contextView(usage) };

const contextView = ({ contextTokens, contextWindow }: MessageUsage) =>
  contextTokens !== undefined &&
  contextWindow !== undefined && { context_tokens: contextTokens, context_window: contextWindow };
