import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { NO_CALLS } from '../../../shared/domain/token-usage.js';
import { Config } from '../../../config/config.js';
import { AgentDirectory, AgentRegistry } from '../../agents/index.js';
import { ModelCatalog } from '../../models/index.js';
import { ApprovalMode, modeInForce, requireAllowed } from '../../../shared/domain/approval-mode.js';
import { Session, SessionState, titleSourceOf } from '../domain/session.js';
import { SessionRepository } from '../domain/session.repository.js';
import { clientTools } from './client-tools.js';
import { SessionView } from './session.queries.js';

export interface CreateSessionCommand {
  readonly userId: string;
  readonly title: string | undefined;
  /** Unset = the default agent of this installation. */
  readonly agent: string | undefined;
  readonly model: string | undefined;
  readonly reasoningEffort: string | undefined;
  readonly approvalMode: ApprovalMode | undefined;
  readonly builtinTools: readonly string[] | undefined;
  readonly fileHashes: boolean | undefined;
  readonly claimsRequired: boolean | undefined;
  readonly metadata: JsonObject | undefined;
}

@Injectable()
export class CreateSession {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly agents: AgentRegistry,
    private readonly directory: AgentDirectory,
    private readonly models: ModelCatalog,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * @throws AgentNotFound, ModelNotConfigured, InputInvalid for an effort that the model does not know, a mode that is not
   * allowed here, or tools that need hashes
   */
  async execute(command: CreateSessionCommand): Promise<SessionView> {
    const agent = command.agent
      ? await this.directory.conversational(command.userId, command.agent)
      : this.agents.defaultAgent();
    const { model, reasoningEffort, approvalMode } = command;
    if (approvalMode !== undefined) requireAllowed(approvalMode, this.config.approvalModes);
    if (model !== undefined) this.models.get(model);
    if (reasoningEffort !== undefined) {
      this.models.requireEffort(model ?? this.models.answering(agent), reasoningEffort);
    }
    const { value } = await this.uow.run('create_session_agent', async (tx) => {
      const session = Session.create({
        id: this.ids.next(),
        userId: command.userId,
        title: command.title,
        agent: agent.id,
        agentChosenByUser: agent.id !== this.agents.defaultAgent().id,
        model: model ?? null,
        reasoningEffort: reasoningEffort ?? null,
        approvalMode: approvalMode ?? null,
        ...clientTools({ builtinTools: null, fileHashes: false }, command),
        claimsRequired: command.claimsRequired ?? false,
        metadata: command.metadata ?? {},
        now: this.clock.now(),
      });
      await tx.get(SessionRepository).add(session);
      return session.snapshot();
    });
    return viewOfNew(value, modeInForce(value.approvalMode, this.config.approvalModes));
  }
}

/** The view of a session without messages and runs. */
const viewOfNew = (session: SessionState, approvalMode: ApprovalMode): SessionView => ({
  id: session.id,
  title: session.title,
  titleSource: titleSourceOf(session),
  agent: session.agent,
  chosenAgent: session.agentChosenByUser ? session.agent : null,
  model: session.model,
  reasoningEffort: session.reasoningEffort,
  modelMissing: false,
  approvalMode,
  claimsRequired: session.claimsRequired,
  workspace: null,
  phase: 'idle',
  activeRun: null,
  steers: [],
  messageCount: 0,
  lastEventId: 0,
  usage: NO_CALLS,
  builtinTools: session.builtinTools,
  fileHashes: session.fileHashes,
  todos: session.todos,
  metadata: session.metadata,
  createdAt: session.createdAt,
  updatedAt: session.updatedAt,
  archivedAt: null,
});
