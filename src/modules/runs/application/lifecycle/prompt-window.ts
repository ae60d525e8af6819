import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { DEFAULT_LIMITS } from '../../../agents/index.js';
import {
  ConversationQueries,
  Message,
  MessageRepository,
  PromptThread,
} from '../../../conversations/index.js';
import { LlmCall } from '../../../models/index.js';
import { RunState } from '../../domain/run.js';
import { RunAtWork } from '../run.queries.js';

const LIMITS = {
  messages: DEFAULT_LIMITS.historyMessages,
  characters: DEFAULT_LIMITS.historyCharacters,
} as const;

/** The newest messages of a run's thread, within limits: what a model call is about. */
@Injectable()
export class PromptWindow {
  /** By the call that was opened with the read. A call that is restored from the database has none. */
  private readonly ahead = new WeakMap<LlmCall, Promise<Message[]>>();

  constructor(
    private readonly conversations: ConversationQueries,
    private readonly patience: DatabasePatience,
  ) {}

  /**
   * Sends the read with the unit of work that opens the call, after its messages, and does not wait for it: the commit
   * follows at once, and the answers to both arrive together.
   */
  readAhead(tx: Transaction, run: RunState, call: LlmCall, subtaskId: string | null): void {
    const messages = tx.get(MessageRepository).newest(run.sessionId, threadOf(run, subtaskId), LIMITS);
    messages.catch(() => undefined); // the unit of work fails with it
    this.ahead.set(call, messages);
  }

  /** @param subtaskId the running subtask of the plan that the run executes */
  read(run: RunAtWork, subtaskId: string | null, signal: AbortSignal): Promise<Message[]> {
    const ahead = run.openCall && this.ahead.get(run.openCall);
    return (
      ahead ??
      this.patience.read('read_history', signal, () =>
        this.conversations.newest(run.sessionId, threadOf(run, subtaskId), LIMITS),
      )
    );
  }
}

function threadOf({ id: runId, jobId }: RunState, subtaskId: string | null): PromptThread {
  if (jobId) return { jobId, runId };
  return subtaskId ? { subtaskId } : 'main';
}
