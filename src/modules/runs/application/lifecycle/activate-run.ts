import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { wordsOf } from '../../../../shared/domain/message-parts.js';
import {
  Agent,
  AgentDirectory,
  AgentRegistry,
  StoredAgents,
  isConversational,
} from '../../../agents/index.js';
import { MessageRepository, NewMessage, messageCreated, newMessage } from '../../../conversations/index.js';
import { Session, SessionRepository } from '../../../sessions/index.js';
import { KeepTools, type KeptList } from '../../../tools/index.js';
import { situationOf } from '../../../workspaces/index.js';
import { QueuedInput } from '../../domain/queued-input.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { JustStored } from '../run.queries.js';
import { ChooseModel } from './choose-model.js';
import { GuardFiles } from './guard-files.js';
import { Leases } from './leases.js';
import { ModelCalls } from './model-calls.js';

/** What decides how a run of a session begins. */
export interface SessionAtStart {
  readonly session: Session;
  /** Of its clients; undefined = there are none. */
  readonly tools: KeptList | undefined;
}

/** Activates a run with the user's message: at once, or when its turn in the session comes. */
@Injectable()
export class ActivateRun {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly directory: AgentDirectory,
    private readonly leases: Leases,
    private readonly chooseModel: ChooseModel,
    private readonly modelCalls: ModelCalls,
    private readonly keepTools: KeepTools,
    private readonly guardFiles: GuardFiles,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Asks for all of it together, so that it costs one wait. @throws SessionNotFound */
  async read(tx: Transaction, sessionId: string, userId: string): Promise<SessionAtStart> {
    const [session, tools] = await Promise.all([
      tx.get(SessionRepository).peek(sessionId, userId),
      this.keepTools.read(tx, sessionId),
    ]);
    return { session, tools };
  }

  /**
   * Stores the run, its message and its first model call. If the session is busy, the unit of work fails with
   * SessionBusy.
   * @param input.agent named by the user; null = the one they chose before, or else the classification decides
   * @param store `add` for a new run, `save` for a queued one
   */
  async activate(
    tx: Transaction,
    { session, tools }: SessionAtStart,
    run: Run,
    input: QueuedInput,
    store: 'add' | 'save',
  ): Promise<{ message: NewMessage; known: JustStored }> {
    const now = this.clock.now();
    const { workspaceDigest, builtinTools, fileHashes } = session.snapshot();
    const agent = await this.agentFor(tx, session, input.agent);
    const entry = this.agents.classifies(agent.id) ? 'receive_message' : 'receive_directed_message';
    run.activate({
      agent: this.chooseModel.agent(agent),
      choice: this.chooseModel.ofSession(session),
      toolsDigest: this.keepTools.keep(tx, session.id, tools),
      workspaceDigest,
      entry,
      lease: this.leases.next(),
      now,
    });
    const openCall = await this.modelCalls.createFirst(tx, run, null);
    const message = newMessage({
      id: this.ids.next(),
      sessionId: session.id,
      runId: run.id,
      role: 'user',
      content: input.content,
      note: situationOf(session.snapshot(), now),
      parts: input.parts ?? null,
      createdAt: now,
    });
    tx.record(messageCreated(message, input.steers));
    await tx.get(RunRepository)[store](run);
    await tx.get(MessageRepository).append(message);
    if (fileHashes) this.guardFiles.noteMessage(tx, message);
    await this.modelCalls.openFirst(tx, run, openCall, null);
    const isNamed = session.nameAfter(wordsOf(message), now);
    const isHandedOver = await this.handOver(tx, session, run, input.agent, now);
    if (isNamed || isHandedOver) await tx.get(SessionRepository).save(session);
    return { message, known: { openCall, client: { builtinTools, fileHashes } } };
  }

  /** The agent that the user named, or else chose before, or else the default; one that was archived is skipped. */
  private async agentFor(tx: Transaction, session: Session, named: string | null): Promise<Agent> {
    for (const id of [named, session.agentChosenByUser ? session.agent : null]) {
      const agent = id === null ? undefined : await this.find(tx, session, id);
      if (agent) return agent;
    }
    return this.agents.defaultAgent();
  }

  private async find(tx: Transaction, session: Session, id: string): Promise<Agent | undefined> {
    const agent = await this.directory.find(session.snapshot().userId, id, tx.get(StoredAgents));
    return agent && isConversational(agent) ? agent : undefined;
  }

  /**
   * Makes the agent that the user named the agent of the session, or the default where the agent was archived.
   * @returns whether that changes the session
   */
  private async handOver(
    tx: Transaction,
    session: Session,
    run: Run,
    named: string | null,
    now: Date,
  ): Promise<boolean> {
    const to = run.agent;
    const isNamed = named === to;
    if (isNamed && to === session.agent && session.agentChosenByUser) return false;
    if (!isNamed && (to === session.agent || (await this.find(tx, session, session.agent)))) return false;
    session.handOver({
      id: this.ids.next(),
      from: session.agent,
      to,
      by: isNamed ? 'user' : 'runtime',
      reason: isNamed ? 'named by the user' : `the agent ${session.agent} is archived`,
      confidence: null,
      runId: run.id,
      createdAt: now,
    });
    return true;
  }
}
