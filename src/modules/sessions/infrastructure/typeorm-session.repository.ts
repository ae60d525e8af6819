import { EntityManager, FindOneOptions, IsNull } from 'typeorm';
import { JsonObject } from '../../../shared/domain/json.js';
import { EventStreamSchema } from '../../../shared/infrastructure/events/event.row.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-registry.js';
import { updateVersioned } from '../../../shared/infrastructure/persistence/versioned-update.js';
import { Session } from '../domain/session.js';
import { SessionNotFound } from '../domain/session.errors.js';
import { SessionRepository } from '../domain/session.repository.js';
import { AgentSwitchSchema, SessionSchema } from './session.row.js';

export class TypeOrmSessionRepository extends SessionRepository {
  private readonly manager: EntityManager;

  constructor(private readonly context: RepositoryContext) {
    super();
    this.manager = context.manager;
  }

  async add(session: Session): Promise<void> {
    await this.manager.insert(SessionSchema, { ...session.snapshot() });
    await this.manager.insert(EventStreamSchema, { sessionId: session.id });
  }

  get(sessionId: string, userId: string): Promise<Session> {
    return this.load(sessionId, userId, { lock: { mode: 'for_no_key_update' } });
  }

  peek(sessionId: string, userId: string): Promise<Session> {
    return this.load(sessionId, userId, {});
  }

  async hasActiveRun(sessionId: string): Promise<boolean> {
    const rows = await this.manager.query<unknown[]>(
      `select 1 from runs where session_id = $1 and job_id is null and status in ('queued', 'running', 'waiting')`,
      [sessionId],
    );
    return rows.length > 0;
  }

  async save(session: Session): Promise<void> {
    await updateVersioned(this.manager, SessionSchema, session.snapshot());
    for (const { from, to, ...rest } of session.pullSwitches()) {
      const row = { ...rest, sessionId: session.id, fromAgent: from, toAgent: to };
      await this.manager.insert(AgentSwitchSchema, row);
    }
    this.context.record(...session.pullEvents());
  }

  private async load(
    sessionId: string,
    userId: string,
    options: Pick<FindOneOptions, 'lock'>,
  ): Promise<Session> {
    const where = { id: sessionId, userId, deletedAt: IsNull() };
    const row = await this.manager.findOne(SessionSchema, { where, ...options });
    if (!row) throw new SessionNotFound(sessionId);
    const { messageCount: _, ...state } = row;
    return Session.restore({ ...state, metadata: state.metadata as JsonObject });
  }
}
