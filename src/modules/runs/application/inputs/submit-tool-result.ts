import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { JsonValue, canonicalJson } from '../../../../shared/domain/json.js';
import { storableJson } from '../../../../shared/domain/storable.js';
import { CallOutcome, MessageRepository } from '../../../conversations/index.js';
import { SessionRepository } from '../../../sessions/index.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ToolCallAlreadySettled, ToolCallNotFound, ToolCallNotRequested } from '../../domain/run.errors.js';
import { ToolCallState } from '../../domain/tool-call.js';
import { toolCallStatus } from '../../domain/tool-call.states.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { Accepted } from './accepted.js';
import { RunQueries } from '../run.queries.js';
import { RunSupervisor } from '../supervision/run-supervisor.js';
import { SettleToolCall, ToolOutcome } from '../lifecycle/settle-tool-call.js';
import { ResumeRun } from '../settlement/resume-run.js';

const MENDED = '(NUL and halves of surrogate pairs in this answer were replaced by U+FFFD)';

export interface SubmitToolResultCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly callId: string;
  readonly outcome: { readonly result: JsonValue } | { readonly error: string };
}

@Injectable()
export class SubmitToolResult {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly settleToolCall: SettleToolCall,
    private readonly resumeRun: ResumeRun,
    private readonly queries: RunQueries,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
  ) {}

  /**
   * Accepts the result of a client's tool; the run resumes when no call is open. The same result again returns the
   * outcome of the first.
   * @throws SessionNotFound, ToolCallNotFound, ToolCallNotRequested, ToolCallAlreadySettled, ServerDraining
   */
  async execute(command: SubmitToolResultCommand): Promise<Accepted> {
    this.supervisor.requireAccepting();
    const hash = hashOf(command.outcome);
    const { value, events, replayed } = await this.uow.run('save_tool_result', async (tx) => {
      await tx.get(SessionRepository).peek(command.sessionId, command.userId);
      const found = await tx.get(ToolCallRepository).find(command.callId);
      const { sessionId, runId } = found?.snapshot() ?? {};
      if (sessionId !== command.sessionId || !runId) throw new ToolCallNotFound(command.callId);
      const run = await tx.get(RunRepository).get(runId);
      // Read again after the lock: a decision may have changed it.
      const call = (await tx.get(ToolCallRepository).find(command.callId))!;
      if (call.status === 'awaiting_approval') throw new ToolCallNotRequested(command.callId);
      if (call.status === 'requested') {
        const outcome = { ...toOutcome(command.outcome, call.snapshot()), hash };
        const message = await this.settleToolCall.settle(tx, run, call, outcome, this.clock.now());
        const openCall = await this.resumeRun.resume(tx, run, call, 'tool_result');
        return { run: run.snapshot(), message, openCall };
      }
      const earlier = await tx.get(MessageRepository).findAnswer(command.sessionId, command.callId);
      if (!earlier || !isRepeated(call.snapshot(), hash, earlier.content, command.outcome)) {
        throw new ToolCallAlreadySettled(command.callId, call.status);
      }
      return { run: run.snapshot(), message: { ...earlier, callStatus: call.status as CallOutcome } };
    });
    // Also for a repeated request: the answer to the first commit may have been lost, and with it the start.
    this.supervisor.start(value.run, replayed ? undefined : value.openCall);
    const { run, message } = value;
    const [first] = events;
    if (!first) {
      const seq = await this.queries.firstSeq(command.sessionId, 'tool_call.settled', {
        call_id: command.callId,
      });
      return { run, message, lastEventId: (seq ?? 1) - 1, repeated: true };
    }
    return { run, message, lastEventId: first.seq - 1, repeated: false };
  }
}

function toOutcome(given: SubmitToolResultCommand['outcome'], call: ToolCallState): ToolOutcome {
  const { text, notes } = wordsOf(given, call);
  return 'error' in given
    ? { end: 'fail', content: `Error: ${text}${notes}` }
    : { end: 'complete', content: text + notes };
}

/** The order of keys does not count in a result that is JSON. */
const hashOf = (given: SubmitToolResultCommand['outcome']): Buffer =>
  createHash('sha256').update(canonicalJson(given)).digest();

/** What the model reads: the answer, made storable, and what else it has to know of it. */
function wordsOf(given: SubmitToolResultCommand['outcome'], call: ToolCallState) {
  const raw = 'error' in given ? given.error : given.result;
  const answer = storableJson(raw);
  const text = toText(answer);
  const isMended = text !== toText(raw);
  const edit = `(Before allowing this call the developer changed its arguments to ${JSON.stringify(call.arguments)})`;
  const said = `(The developer has allowed this call and said: ${call.feedback})`;
  const notes = [
    ...(isMended ? [MENDED] : []),
    ...(call.edited ? [edit] : []),
    ...(call.feedback !== null ? [said] : []),
  ];
  return { answer, text, notes: notes.map((note) => `\n\n${note}`).join('') };
}

const toText = (answer: JsonValue): string => (typeof answer === 'string' ? answer : JSON.stringify(answer));

/** Whether a settled call was answered with the same. @param stored the answer in the conversation */
function isRepeated(
  call: ToolCallState,
  hash: Buffer,
  stored: string,
  given: SubmitToolResultCommand['outcome'],
): boolean {
  if (call.outcomeHash) return hash.equals(call.outcomeHash);
  // Settled by an earlier release, which stored every answer whole, or not by an answer of the client.
  const { end, content } = toOutcome(given, call);
  if (toolCallStatus.next('requested', end) !== call.status) return false;
  if (stored === content) return true;
  if ('error' in given || typeof given.result === 'string') return false;
  const { answer, notes } = wordsOf(given, call);
  const result = parseJson(stored.slice(0, stored.length - notes.length));
  return result !== undefined && canonicalJson(result) === canonicalJson(answer);
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined; // the stored answer was a text or an error
  }
}
