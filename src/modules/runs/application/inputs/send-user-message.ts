import { Injectable } from '@nestjs/common';
import { EventStream } from '../../../../shared/application/event-stream.js';
import { currentTraceparent } from '../../../../shared/application/log-context.js';
import { Committed, Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import {
  Attachment,
  ContentWithParts,
  GivenAttachment,
  imagesIn,
} from '../../../../shared/domain/message-parts.js';
import { AgentDirectory, AgentRegistry, StoredAgents } from '../../../agents/index.js';
import { BlobRepository } from '../../../blobs/index.js';
import { ApprovalRepository } from '../../../approvals/index.js';
import { Attached, NewMessage, attach } from '../../../conversations/index.js';
import { Session, SessionBusy, SessionRepository } from '../../../sessions/index.js';
import { QueuedInput } from '../../domain/queued-input.js';
import { RunState } from '../../domain/run-state.js';
import { Run } from '../../domain/run.js';
import { QueueFull, RunChanged, SteerLimitReached } from '../../domain/run.errors.js';
import { RunRepository } from '../../domain/run.repository.js';
import { steerWaiting } from '../../domain/steer.events.js';
import { MAX_STEERS } from '../../domain/steer.js';
import { SteerRepository } from '../../domain/steer.repository.js';
import { JustStored } from '../run.queries.js';
import { Accepted } from './accepted.js';
import { FindImages } from './find-images.js';
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
  /** What the user wrote. */
  readonly content: string;
  readonly attached: Attached<GivenAttachment>;
  /** Unset = the agent the user chose before, or else the classification decides. */
  readonly agent: string | undefined;
  /** For this run; unset = that of the session. */
  readonly model: string | undefined;
  readonly reasoningEffort: string | undefined;
  /** While a run is active: refuse, wait for its end, cancel it, or tell its agent. */
  readonly onBusy: 'reject' | 'queue' | 'interrupt' | 'steer';
  /** For a steering message: the run that must be active. */
  readonly expectedRunId: string | undefined;
}

/** The command with a checked agent name, and the message as it will be stored. */
type CheckedCommand = Omit<SendUserMessageCommand, 'agent' | 'attached'> &
  ContentWithParts & { readonly agent: string | null };

/** The outcome of a message. It has one shape for all units of work, because a repeat may take another one. */
interface MessageOutcome {
  readonly run: RunState;
  /** Undefined for a message that is queued or waits for the run: it is stored when its turn comes. */
  readonly message?: NewMessage;
  /** The id of a message that waits for the run. */
  readonly steerId?: string;
  /** The start of a run that begins now. */
  readonly known?: JustStored;
  /** For a queued message: the newest event before it. */
  readonly cursor?: number;
}

@Injectable()
export class SendUserMessage {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly agents: AgentRegistry,
    private readonly directory: AgentDirectory,
    private readonly chooseModel: ChooseModel,
    private readonly findImages: FindImages,
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
   * @throws SessionNotFound, SessionArchived, SessionBusy, QueueFull, RunChanged, SteerLimitReached, AgentNotFound, ModelNotConfigured,
   * ModelWithoutImages, BlobMissing, InputInvalid for an effort that the model does not know, ServerDraining
   */
  async execute({ attached, ...command }: SendUserMessageCommand): Promise<Accepted> {
    this.supervisor.requireAccepting();
    const named = command.agent;
    const agent =
      named === undefined ? null : (await this.directory.conversational(command.userId, named)).id;
    const { value, events, replayed } = await this.take({
      ...command,
      ...attach(command.content, await this.withImages(command.userId, attached)),
      agent,
    });
    await this.start(value, replayed);
    const { run, message, steerId, cursor } = value;
    return { run, message, steerId, lastEventId: cursor ?? events[0]!.seq - 1, repeated: false };
  }

  private async withImages(userId: string, attached: Attached<GivenAttachment>): Promise<Attached> {
    const { attachments = [] } = attached;
    const ids = attachments.flatMap((each) => (each.type === 'image' ? [each.blobId] : []));
    const imageOf = await this.findImages.find(userId, 'attachments', ids);
    const found = attachments.map((each): Attachment =>
      each.type === 'image' ? imageOf(each.blobId) : each,
    );
    return { ...attached, attachments: found };
  }

  private async take(command: CheckedCommand): Promise<Committed<MessageOutcome>> {
    if (command.onBusy === 'steer') return this.steer(command);
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
  private async start({ run, known, steerId }: MessageOutcome, replayed: boolean): Promise<void> {
    if (steerId !== undefined) return;
    this.supervisor.start(run, replayed ? undefined : known);
    // The run that kept the session busy may have ended just before this one was stored.
    if (run.status === 'queued') await this.startQueued.execute(run.sessionId);
  }

  private send(command: CheckedCommand, supersedes: boolean): Promise<Committed<MessageOutcome>> {
    // The parent of the run's span is the request, not the unit of work.
    const traceparent = currentTraceparent();
    return this.uow.run('save_user_message', async (tx) => {
      if (supersedes) await this.rejectPlan(tx, command);
      return this.begin(tx, command, traceparent);
    });
  }

  private async begin(
    tx: Transaction,
    command: CheckedCommand,
    traceparent: string,
  ): Promise<MessageOutcome> {
    const begun = await this.activateRun.read(tx, command.sessionId, command.userId);
    begun.session.requireOpen();
    const run = await this.createRun(tx, command, begun.session, traceparent);
    const { message, known } = await this.activateRun.activate(tx, begun, run, command, 'add');
    await this.keepImages(tx, command);
    return { run: run.snapshot(), message, known };
  }

  /** Lets the message wait for the active run. Without one, or for a plan in review, it is an ordinary message. */
  private async steer(command: CheckedCommand): Promise<Committed<MessageOutcome>> {
    const traceparent = currentTraceparent();
    const attempt = () =>
      this.uow.run('steer_run', async (tx) => {
        const { userId, sessionId, expectedRunId } = command;
        (await tx.get(SessionRepository).peek(sessionId, userId)).requireOpen();
        const active = await tx.get(RunRepository).findActive(sessionId);
        if (expectedRunId !== undefined && active?.id !== expectedRunId) {
          throw new RunChanged(expectedRunId, active?.id ?? null);
        }
        if (active && active.snapshot().phase !== 'plan_review') return this.addSteer(tx, active, command);
        if (active) await this.rejectPlan(tx, command);
        return this.begin(tx, command, traceparent);
      });
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SessionBusy)) throw error;
    }
    try {
      return await attempt(); // a run began meanwhile
    } catch (error) {
      if (!(error instanceof SessionBusy)) throw error;
    }
    return this.queue(command); // one ended, and the next began
  }

  private async addSteer(tx: Transaction, run: Run, { content }: CheckedCommand): Promise<MessageOutcome> {
    const steers = tx.get(SteerRepository);
    if ((await steers.count(run.id)) >= MAX_STEERS) throw new SteerLimitReached(run.id, MAX_STEERS);
    const { sessionId } = run.snapshot();
    const steer = { id: this.ids.next(), sessionId, runId: run.id, content, createdAt: this.clock.now() };
    await steers.add(steer);
    tx.record(steerWaiting(steer));
    return { run: run.snapshot(), steerId: steer.id };
  }

  /** Queues the message until the active run has ended. `interrupt` cancels that run now. */
  private async queue(command: CheckedCommand): Promise<Committed<MessageOutcome>> {
    const { userId, sessionId, content, parts, agent, onBusy } = command;
    const cursor = await this.events.lastSeq(sessionId);
    const traceparent = currentTraceparent();
    return this.uow.run('queue_user_message', async (tx) => {
      if (onBusy === 'interrupt') await this.interrupt(tx, sessionId);
      const session = await tx.get(SessionRepository).get(sessionId, userId);
      session.requireOpen();
      const runs = tx.get(RunRepository);
      if ((await runs.countQueued(sessionId)) >= MAX_QUEUED) throw new QueueFull(sessionId, MAX_QUEUED);
      const run = await this.createRun(tx, command, session, traceparent, { content, parts, agent });
      await runs.add(run);
      await this.keepImages(tx, command);
      return { run: run.snapshot(), cursor };
    });
  }

  /** Call it after the session is locked, as for all uses of stored bytes. */
  private async keepImages(tx: Transaction, { userId, sessionId, parts }: CheckedCommand): Promise<void> {
    const ids = imagesIn({ parts }).map(({ blobId }) => blobId);
    if (ids.length > 0) await tx.get(BlobRepository).use(userId, sessionId, 'messages', ids);
  }

  private async createRun(
    tx: Transaction,
    { agent, model, reasoningEffort, parts }: CheckedCommand,
    session: Session,
    traceparent: string,
    input?: QueuedInput,
  ): Promise<Run> {
    const { id: sessionId, userId } = session.snapshot();
    const known = await this.directory.find(userId, agent ?? session.agent, tx.get(StoredAgents));
    const answering = known ?? this.agents.defaultAgent();
    const choice = this.chooseModel.ofMessage(session, { agent: answering, model, reasoningEffort });
    if (imagesIn({ parts }).length > 0) this.chooseModel.requireImages(session, choice, answering);
    return Run.create({
      id: this.ids.next(),
      sessionId,
      userId,
      agent: agent ?? session.agent,
      choice,
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
