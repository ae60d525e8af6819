import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { JsonValue } from '../../../shared/domain/json.js';
import { MessageRepository } from '../../conversations/index.js';
import { SessionRepository } from '../../sessions/index.js';
import { RunRepository } from '../domain/run.repository.js';
import { ToolCallAlreadySettled, ToolCallNotFound, ToolCallNotRequested } from '../domain/run.errors.js';
import { ToolCall } from '../domain/tool-call.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { Accepted } from './accepted.js';
import { RunQueries } from './run.queries.js';
import { RunSupervisor } from './run-supervisor.js';
import { ToolAnswers, ToolOutcome } from './tool-answers.js';

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
    private readonly answers: ToolAnswers,
    private readonly queries: RunQueries,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes what the client's tool answered; the run goes on when nothing more is open. The same answer again gets what
   * the first one got.
   * @throws SessionNotFound, ToolCallNotFound, ToolCallNotRequested, ToolCallAlreadySettled, ServerDraining
   */
  async execute(command: SubmitToolResultCommand): Promise<Accepted> {
    this.supervisor.requireAccepting();
    const { value, events, replayed } = await this.uow.run('save_tool_result', async (tx) => {
      await tx.get(SessionRepository).peek(command.sessionId, command.userId);
      const found = await tx.get(ToolCallRepository).find(command.callId);
      if (found?.sessionId !== command.sessionId) throw new ToolCallNotFound(command.callId);
      const run = await tx.get(RunRepository).get(found.runId);
      // Seen before the run was locked: a decision may have changed it meanwhile.
      const current = (await tx.get(ToolCallRepository).find(command.callId)) ?? found;
      if (current.status === 'awaiting_approval') throw new ToolCallNotRequested(command.callId);
      const outcome = toOutcome(command.outcome, current);
      const answer =
        current.status === 'requested'
          ? await this.answers.settle(tx, run, current, outcome, this.clock.now())
          : undefined;
      if (answer) {
        const openCall = await this.answers.goOn(tx, run, current, 'tool_result');
        return { run: run.snapshot(), message: answer, openCall };
      }
      const earlier = await tx.get(MessageRepository).findAnswer(command.sessionId, command.callId);
      if (current.status !== outcome.status || earlier?.content !== outcome.content) {
        throw new ToolCallAlreadySettled(command.callId, current.status);
      }
      return { run: run.snapshot(), message: earlier };
    });
    // Also for a repetition: the answer to the first commit may have been lost, and with it the start.
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

function toOutcome(given: SubmitToolResultCommand['outcome'], call: ToolCall): ToolOutcome {
  if ('error' in given) return { status: 'failed', content: withNote(`Error: ${given.error}`, call) };
  const { result } = given;
  const content = typeof result === 'string' ? result : JSON.stringify(result);
  return { status: 'completed', content: withNote(content, call) };
}

/** The model wished for something else than was done. */
const withNote = (content: string, call: ToolCall): string =>
  call.edited
    ? `${content}\n\n(Before allowing this call the developer changed its arguments to ${JSON.stringify(call.arguments)})`
    : content;
