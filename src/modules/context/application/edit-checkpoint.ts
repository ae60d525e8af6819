import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { budgetOf } from '../../../shared/domain/budget.js';
import { Clock } from '../../../shared/domain/clock.js';
import { InputInvalid } from '../../../shared/domain/domain-error.js';
import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { Ids } from '../../../shared/domain/ids.js';
import { Agent, AgentDirectory, StoredAgents } from '../../agents/index.js';
import { ModelCatalog, answeringModel } from '../../models/index.js';
import { Session, SessionRepository } from '../../sessions/index.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { CheckpointRepository } from '../domain/checkpoint.repository.js';
import { CheckpointChanged } from '../domain/context.errors.js';
import { newCheckpoint } from '../domain/new-checkpoint.js';

export interface EditCheckpointCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly content: string;
  /** The checkpoint that the user had before them; null = there was none. */
  readonly basedOn: string | null;
}

/** The share of what a model can be told that a user's checkpoint may take. */
const LARGEST_SHARE = 1 / 2;

/**
 * Stores a user's text as the checkpoint of the main history. It stands for the same messages as the one before. The unit of
 * work holds the session's row, and a checkpoint that is being formed on the same base is refused when it is stored.
 */
@Injectable()
export class EditCheckpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly agents: AgentDirectory,
    private readonly models: ModelCatalog,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** @throws SessionNotFound, SessionArchived, CheckpointChanged, InputInvalid where the model cannot hold the text */
  async execute({ userId, sessionId, content, basedOn }: EditCheckpointCommand): Promise<Checkpoint> {
    const { value } = await this.uow.run('edit_checkpoint', async (tx) => {
      const session = await tx.get(SessionRepository).get(sessionId, userId);
      session.requireOpen();
      const checkpoints = tx.get(CheckpointRepository);
      const base = (await checkpoints.newest(sessionId, 'main')) ?? null;
      if (basedOn !== (base?.id ?? null)) throw new CheckpointChanged(sessionId, base?.id ?? null);
      const agent = await this.agents.ofSession(userId, session.agent, tx.get(StoredAgents));
      this.requireRoom(session, agent, content);
      const edited = newCheckpoint(
        {
          ...{ id: this.ids.next(), sessionId, thread: 'main', content },
          upToPosition: base?.upToPosition ?? 0,
          ...{ reason: 'edit', llmCallId: null, kind: 'edited' },
        },
        base,
        this.clock.now(),
      );
      await checkpoints.add(edited);
      return edited;
    });
    return value;
  }

  private requireRoom(session: Session, agent: Agent, content: string): void {
    const model = answeringModel(session.snapshot().model, agent, this.models);
    const most = Math.floor(budgetOf(model.limit).tokens * LARGEST_SHARE);
    const tokens = estimatedTokens(content);
    if (tokens <= most) return;
    const message = `must not be larger than ${most} tokens for the model ${model.id}; it has about ${tokens}`;
    throw new InputInvalid([{ field: 'content', message }]);
  }
}
