import { Injectable } from '@nestjs/common';
import { EventStream } from '../../../../shared/application/event-stream.js';
import { currentTraceparent } from '../../../../shared/application/log-context.js';
import { Committed, Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { AgentDirectory, AgentRegistry, StoredAgents } from '../../../agents/index.js';
import { LlmCall } from '../../../models/index.js';
import { ApprovalRepository } from '../../../approvals/index.js';
import { NewMessage } from '../../../conversations/index.js';
import { Session, SessionBusy, SessionRepository } from '../../../sessions/index.js';
import { QueuedInput, Run, RunState } from '../../domain/run.js';
import { QueueFull } from '../../domain/run.errors.js';
import { RunRepository } from '../../domain/run.repository.js';
import { Accepted } from './accepted.js';
import { ApplyDecision } from '../settlement/apply-decision.js';
import { ActivateRun } from '../lifecycle/activate-run.js';
import { RunSupervisor } from '../supervision/run-supervisor.js';
import { StartQueuedRun } from '../supervision/start-queued-run.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { StopRun } from '../lifecycle/stop-run.js';

/** The reason of a plan rejected by a message during its review. */
const SUPERSEDED = 'superseded';

const MAX_QUEUED = 20;

export interface SendUserMessageCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly content: string;
  /** Unset = the agent the user chose before, or else the classification decides. */
  readonly agent: string | undefined;
  /** For this run; unset = that of the session. */
  readonly model: string | undefined;
  readonly reasoningEffort: string | undefined;
  /** While a run is active: refuse, wait for its end, or cancel it. */
  readonly onBusy: 'reject' | 'queue' | 'interrupt';
}

/** The command with a checked agent name. */
type CheckedCommand = Omit<SendUserMessageCommand, 'agent'> & { readonly agent: string | null };

/** The outcome of a message, of one shape for both units of work: a repeat may take the other one. */
interface MessageOutcome {
  readonly run: RunState;
  /** Undefined for a queued message: it is stored when its turn comes. */
  readonly message?: NewMessage;
  /** The first model call of the run. */
  readonly openCall?: LlmCall | null;
  /** Of a queued message: the newest event before it. */
  readonly cursor?: number;
}

@Injectable()
export class SendUserMessage {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly agents: AgentRegistry,
    private readonly directory: AgentDirectory,
    private readonly chooseModel: ChooseModel,
    private readonly activateRun: ActivateRun,
    private readonly decision: ApplyDecision,
    private readonly stopRun: StopRun,
    private readonly startQueued: StartQueuedRun,
    private readonly events: EventStream,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * Stores the message and starts a run, which does not depend on a listening client. The message rejects a plan in
   * review: the user has changed their mind.
   * @throws SessionNotFound, SessionArchived, SessionBusy, QueueFull, AgentNotFound, ModelNotConfigured,
   * InputInvalid for an effort that the model does not know, ServerDraining
   */
  async execute(command: SendUserMessageCommand): Promise<Accepted> {
    this.supervisor.requireAccepting();
    const named = command.agent;
    const agent =
      named === undefined ? null : (await this.directory.conversational(command.userId, named)).id;
    const { value, events, replayed } = await this.take({ ...command, agent });
    await this.start(value, replayed);
    const { run, message, cursor } = value;
    return { run, message, lastEventId: cursor ?? events[0]!.seq - 1, repeated: false };
  }

  private async take(command: CheckedCommand): Promise<Committed<MessageOutcome>> {
    try {
      return await this.send(command, false);
    } catch (error) {
      if (!(error instanceof SessionBusy)) throw error;
    }
    // The rare cases come second, so that the usual one pays nothing for them.
    try {
      return await this.send(command, true);
    } catch (error) {
      if (!(error instanceof SessionBusy) || command.onBusy === 'reject') throw error;
    }
    return this.queue(command);
  }

  /** Also for a repeated request: the answer to the first commit may have been lost, and with it the start. */
  private async start({ run, openCall }: MessageOutcome, replayed: boolean): Promise<void> {
    this.supervisor.start(run, replayed ? undefined : openCall);
    // The run that kept the session busy may have ended just before this one was stored.
    if (run.status === 'queued') await this.startQueued.execute(run.sessionId);
  }

  private send(command: CheckedCommand, supersedes: boolean): Promise<Committed<MessageOutcome>> {
    const { userId, sessionId } = command;
    // The parent of the run's span is the request, not the unit of work.
    const traceparent = currentTraceparent();
    return this.uow.run('save_user_message', async (tx) => {
      if (supersedes) await this.rejectPlan(tx, command);
      const session = await tx.get(SessionRepository).peek(sessionId, userId);
      session.requireOpen();
      const run = await this.createRun(tx, command, session, traceparent);
      const { message, openCall } = await this.activateRun.activate(tx, session, run, command, 'add');
      return { run: run.snapshot(), message, openCall };
    });
  }

  /** Queues the message until the active run has ended, which `interrupt` ends now. */
  private async queue(command: CheckedCommand): Promise<Committed<MessageOutcome>> {
    const { userId, sessionId, content, agent, onBusy } = command;
    const cursor = await this.events.lastSeq(sessionId);
    const traceparent = currentTraceparent();
    return this.uow.run('queue_user_message', async (tx) => {
      if (onBusy === 'interrupt') await this.interrupt(tx, sessionId);
      const session = await tx.get(SessionRepository).get(sessionId, userId);
      session.requireOpen();
      const runs = tx.get(RunRepository);
      if ((await runs.countQueued(sessionId)) >= MAX_QUEUED) throw new QueueFull(sessionId, MAX_QUEUED);
      const run = await this.createRun(tx, command, session, traceparent, { content, agent });
      await runs.add(run);
      return { run: run.snapshot(), cursor };
    });
  }

  private async createRun(
    tx: Transaction,
    { agent, model, reasoningEffort }: CheckedCommand,
    session: Session,
    traceparent: string,
    input?: QueuedInput,
  ): Promise<Run> {
    const { id: sessionId, userId } = session.snapshot();
    const known = await this.directory.find(userId, agent ?? session.agent, tx.get(StoredAgents));
    const answering = known ?? this.agents.defaultAgent();
    return Run.create({
      id: this.ids.next(),
      sessionId,
      userId,
      agent: agent ?? session.agent,
      choice: this.chooseModel.ofMessage(session, { agent: answering, model, reasoningEffort }),
      trigger: 'user_message',
      traceparent,
      ...(input && { input }),
      now: this.clock.now(),
    });
  }

  /** Cancels the active run. Locks its row before that of the session, as everywhere. */
  private async interrupt(tx: Transaction, sessionId: string): Promise<void> {
    const active = await tx.get(RunRepository).findActive(sessionId);
    if (active) await this.stopRun.stop(tx, active);
  }

  /** Rejects the plan in review; without one, the session is busy. */
  private async rejectPlan(tx: Transaction, { sessionId, userId }: CheckedCommand): Promise<void> {
    const run = await tx.get(RunRepository).findActive(sessionId);
    const { phase, userId: owner } = run?.snapshot() ?? {};
    if (!run || phase !== 'plan_review' || owner !== userId) throw new SessionBusy(sessionId);
    const now = this.clock.now();
    for (const approval of await tx.get(ApprovalRepository).listPending(run.id)) {
      const verdict = {
        decision: 'reject',
        feedback: SUPERSEDED,
        modifiedArguments: null,
        remember: false,
      } as const;
      if (approval.isOverdue(now)) approval.expire(now);
      else approval.decide(verdict, userId, now);
      await this.decision.apply(tx, run, approval, now);
    }
  }
}
