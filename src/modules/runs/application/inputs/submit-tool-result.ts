import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { JsonValue, canonicalJson } from '../../../../shared/domain/json.js';
import { ImageAttachment, MessageParts, imageLabel } from '../../../../shared/domain/message-parts.js';
import { storableJson } from '../../../../shared/domain/storable.js';
import { plainPath } from '../../../../shared/domain/workspace-path.js';
import { BlobRepository } from '../../../blobs/index.js';
import { CallOutcome, MessageRepository } from '../../../conversations/index.js';
import { SessionRepository } from '../../../sessions/index.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ToolCallAlreadySettled, ToolCallNotFound } from '../../domain/run.errors.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallState } from '../../domain/tool-call-state.js';
import { ToolErrorCode, toolCallStatus } from '../../domain/tool-call.states.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { Accepted } from './accepted.js';
import { FindImages } from './find-images.js';
import { GuardFiles } from '../lifecycle/guard-files.js';
import { RunMetrics } from '../run-metrics.js';
import { RunQueries } from '../run.queries.js';
import { RunSupervisor } from '../supervision/run-supervisor.js';
import { SettleToolCall, ToolOutcome } from '../lifecycle/settle-tool-call.js';
import { ReclaimCall } from '../settlement/reclaim-call.js';
import { ResumeRun } from '../settlement/resume-run.js';

const MENDED = '(NUL and halves of surrogate pairs in this answer were replaced by U+FFFD)';

export interface SubmitToolResultCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly callId: string;
  /** Null if the client sends none. */
  readonly clientId: string | null;
  readonly outcome: ToolAnswer;
}

/** A part of an answer: text, or an image by the id of its stored bytes. */
type ToolContent =
  { readonly type: 'text'; readonly text: string } | { readonly type: 'image'; readonly blob_id: string };

/** An answer whose images are part of its text by their labels. */
type ReadAnswer = Exclude<ToolAnswer, { readonly content: unknown }> & {
  readonly images?: readonly ImageAttachment[];
};

/** The client's answer to a call. Optional fields are left out if not given, because a repeat is recognised by its hash. */
export type ToolAnswer = (
  | {
      readonly content: readonly ToolContent[];
      readonly file?: { readonly path: string; readonly hash: string };
    }
  | { readonly result: JsonValue; readonly file?: { readonly path: string; readonly hash: string } }
  | { readonly error: string; readonly error_code?: ToolErrorCode }
) & {
  /** For people; no model reads it. */
  readonly display?: JsonValue;
};

@Injectable()
export class SubmitToolResult {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly settleToolCall: SettleToolCall,
    private readonly guardFiles: GuardFiles,
    private readonly findImages: FindImages,
    private readonly metrics: RunMetrics,
    private readonly resumeRun: ResumeRun,
    private readonly reclaimCall: ReclaimCall,
    private readonly queries: RunQueries,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
  ) {}

  /**
   * Accepts the result of a client's tool; the run resumes when no call is open. The same result again returns the
   * outcome of the first.
   * @throws SessionNotFound, ToolCallNotFound, ToolCallNotRequested, ToolCallClaimed, ToolCallNotClaimed,
   * ToolCallAlreadySettled, BlobMissing, InputInvalid, ServerDraining
   */
  async execute(command: SubmitToolResultCommand): Promise<Accepted> {
    this.supervisor.requireAccepting();
    const hash = hashOf(command.outcome);
    const given = await this.read(command);
    const { value, events, replayed } = await this.uow.run('save_tool_result', async (tx) => {
      const session = await tx.get(SessionRepository).peek(command.sessionId, command.userId);
      const found = await tx.get(ToolCallRepository).find(command.callId);
      const { sessionId, runId } = found?.snapshot() ?? {};
      if (sessionId !== command.sessionId || !runId) throw new ToolCallNotFound(command.callId);
      const run = await tx.get(RunRepository).get(runId);
      // Read again after the lock: a decision may have changed it.
      const call = (await tx.get(ToolCallRepository).find(command.callId))!;
      if (!toolCallStatus.isFinal(call.status)) {
        call.requireAnswerFrom(command.clientId, session.snapshot().claimsRequired);
        const now = this.clock.now();
        if (call.isReclaimed) await this.reclaimCall.withdraw(tx, run, call, now);
        const outcome = { ...toOutcome(given, call.snapshot()), hash };
        const message = await this.settleToolCall.settle(tx, run, call, outcome, now);
        await keepImages(tx, command, given);
        const { builtinTools, fileHashes } = session.snapshot();
        if (fileHashes) this.noteFile(tx, call, given);
        this.countError(tx, call, given);
        const openCall = await this.resumeRun.resume(tx, run, call, 'tool_result');
        return { run: run.snapshot(), message, known: { openCall, client: { builtinTools, fileHashes } } };
      }
      const earlier = await tx.get(MessageRepository).findAnswer(command.sessionId, command.callId);
      if (!earlier || !isRepeated(call.snapshot(), hash, earlier.content, given)) {
        throw new ToolCallAlreadySettled(command.callId, call.status);
      }
      return { run: run.snapshot(), message: { ...earlier, callStatus: call.status as CallOutcome } };
    });
    // Also for a repeated request: the answer to the first commit may have been lost, and with it the start.
    this.supervisor.start(value.run, replayed ? undefined : value.known);
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

  private async read({ userId, outcome }: SubmitToolResultCommand): Promise<ReadAnswer> {
    if (!('content' in outcome)) return outcome;
    const { content, ...told } = outcome;
    const ids = content.flatMap((part) => (part.type === 'image' ? [part.blob_id] : []));
    const imageOf = await this.findImages.find(userId, 'content', ids);
    const images = ids.map(imageOf);
    let place = 0;
    const lines = content.map((part) =>
      part.type === 'text' ? part.text : imageLabel(++place, imageOf(part.blob_id)),
    );
    return { ...told, result: lines.join('\n'), images };
  }

  private noteFile(tx: Transaction, call: ToolCall, answer: ReadAnswer): void {
    const told =
      'error' in answer
        ? { failed: true, errorCode: answer.error_code }
        : { failed: false, file: answer.file && { ...answer.file, path: plainPath(answer.file.path) } };
    this.guardFiles.noteAnswer(tx, call, told);
  }

  private countError(tx: Transaction, call: ToolCall, answer: ReadAnswer): void {
    if (!('error' in answer)) return;
    tx.afterCommit(() => this.metrics.toolFailed(call.snapshot(), answer.error_code));
  }
}

/** Call it after the answer is stored, which locks the session. */
async function keepImages(
  tx: Transaction,
  { userId, sessionId }: SubmitToolResultCommand,
  { images = [] }: ReadAnswer,
): Promise<void> {
  const ids = images.map(({ blobId }) => blobId);
  if (ids.length > 0) await tx.get(BlobRepository).use(userId, sessionId, 'messages', ids);
}

function toOutcome(given: ReadAnswer, call: ToolCallState): ToolOutcome {
  const { text, notes } = wordsOf(given, call);
  const parts = partsOf(given);
  return 'error' in given
    ? { end: 'fail', content: `Error: ${text}${notes}`, parts }
    : { end: 'complete', content: text + notes, parts };
}

function partsOf({ display, images = [] }: ReadAnswer): MessageParts | undefined {
  if (display === undefined && images.length === 0) return undefined;
  return {
    ...(images.length > 0 && { attachments: images }),
    ...(display !== undefined && { display: storableJson(display) }),
  };
}

/** The order of keys does not count in a result that is JSON. */
const hashOf = (given: ToolAnswer): Buffer => createHash('sha256').update(canonicalJson(given)).digest();

/** The text for the model: the answer, made storable, and notes about it. */
function wordsOf(given: ReadAnswer, call: ToolCallState) {
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
function isRepeated(call: ToolCallState, hash: Buffer, stored: string, given: ReadAnswer): boolean {
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
