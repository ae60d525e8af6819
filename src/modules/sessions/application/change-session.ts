import { Injectable } from '@nestjs/common';
import { Transaction, UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { Config } from '../../../config/config.js';
import { Agent, AgentDirectory, AgentRegistry, StoredAgents } from '../../agents/index.js';
import { ModelCatalog } from '../../models/index.js';
import { ApprovalMode, requireAllowed } from '../../../shared/domain/approval-mode.js';
import { Session } from '../domain/session.js';
import { SessionBusy } from '../domain/session.errors.js';
import { SessionRepository } from '../domain/session.repository.js';
import { UnfinishedRuns } from '../domain/unfinished-runs.js';
import { clientTools } from './client-tools.js';
import { SessionQueries, SessionView } from './session.queries.js';

export interface ChangeSessionCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly title: string | undefined;
  readonly archived: boolean | undefined;
  /** Null takes the choice back. */
  readonly model: string | null | undefined;
  readonly reasoningEffort: string | null | undefined;
  readonly approvalMode: ApprovalMode | undefined;
  /** Null takes it back. */
  readonly builtinTools: readonly string[] | null | undefined;
  readonly fileHashes: boolean | undefined;
  readonly claimsRequired: boolean | undefined;
  /** Replaces all of it. */
  readonly metadata: JsonObject | undefined;
}

@Injectable()
export class ChangeSession {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: SessionQueries,
    private readonly agents: AgentRegistry,
    private readonly directory: AgentDirectory,
    private readonly models: ModelCatalog,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws SessionNotFound, ModelNotConfigured, InputInvalid for an effort that the model does not know, or a mode that is not
   * allowed here
   * @throws SessionBusy where tools or the rule about claims change while a run is active: a run has the same from beginning to end
   */
  async execute(command: ChangeSessionCommand): Promise<SessionView> {
    await this.uow.run('change_session', async (tx) => {
      const sessions = tx.get(SessionRepository);
      const session = await sessions.get(command.sessionId, command.userId);
      const now = this.clock.now();
      if (command.title !== undefined) session.rename(command.title, now);
      if (command.archived === true) session.archive(now);
      if (command.archived === false) session.unarchive(now);
      if (command.metadata) session.describe(command.metadata, now);
      if (command.approvalMode) {
        requireAllowed(command.approvalMode, this.config.approvalModes);
        session.chooseApprovalMode(command.approvalMode, now);
      }
      if (command.builtinTools !== undefined || command.fileHashes !== undefined) {
        if (await tx.get(UnfinishedRuns).existIn(session.id)) throw new SessionBusy(session.id);
        session.equip(clientTools(session.snapshot(), command), now);
      }
      if (command.claimsRequired !== undefined) {
        if (await tx.get(UnfinishedRuns).existIn(session.id)) throw new SessionBusy(session.id);
        session.requireClaims(command.claimsRequired, now);
      }
      await this.chooseModel(tx, session, command, now);
      await sessions.save(session);
    });
    return this.queries.view(command.sessionId, command.userId);
  }

  private async chooseModel(
    tx: Transaction,
    session: Session,
    { model, reasoningEffort }: ChangeSessionCommand,
    now: Date,
  ): Promise<void> {
    if (model === undefined && reasoningEffort === undefined) return;
    if (model) this.models.get(model);
    const before = session.snapshot();
    const choice = {
      model: model === undefined ? before.model : model,
      reasoningEffort: reasoningEffort === undefined ? before.reasoningEffort : reasoningEffort,
    };
    if (reasoningEffort) {
      const agent = await this.directory.find(before.userId, session.agent, tx.get(StoredAgents));
      const answering = this.modelOf(choice.model, agent ?? this.agents.defaultAgent());
      this.models.requireEffort(answering, reasoningEffort);
    }
    session.chooseModel(choice, now);
  }

  /** The model that answers in a session; a choice that is gone is skipped. */
  private modelOf(chosen: string | null, agent: Agent): string {
    return chosen !== null && this.models.has(chosen) ? chosen : this.models.answering(agent);
  }
}
