import { clip } from '../../../../shared/domain/clip.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import { Approval, type ApprovalState } from '../../../approvals/index.js';
import { Run } from '../../domain/run.js';
import { ToolCall } from '../../domain/tool-call.js';
import { toGuardView } from '../../domain/tool-call-state.js';

const LONGEST = 200;

type Question = Pick<ApprovalState, 'id' | 'reason' | 'expiresAt' | 'createdAt'> &
  Partial<Pick<ApprovalState, 'suggestions'>>;

/** Asks a human whether a client may execute the call. */
export function questionAbout(run: Run, call: ToolCall, question: Question): Approval {
  const { sessionId, runId, toolName, arguments: args, guard, attempt } = call.snapshot();
  return Approval.request({
    ...question,
    sessionId,
    runId,
    userId: run.snapshot().userId,
    kind: 'tool_call',
    callId: call.id,
    attempt,
    planId: null,
    toolName,
    subject: subjectOf(toolName, args as JsonObject),
    arguments: args as JsonObject,
    guard: guard && toGuardView(guard),
  });
}

/** One line that describes a tool call to a human. */
function subjectOf(toolName: string, args: JsonObject): string {
  const { command, path, to, query, pattern } = args;
  const isMove = typeof path === 'string' && typeof to === 'string';
  const object = isMove ? `${path} → ${to}` : (command ?? path ?? query ?? pattern);
  const line = typeof object === 'string' ? `${toolName} ${object.replace(/\s+/g, ' ')}` : toolName;
  return clip(line, LONGEST);
}
