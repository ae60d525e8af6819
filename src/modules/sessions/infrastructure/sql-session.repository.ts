import { JsonObject } from '../../../shared/domain/json.js';
import { EventStreamSchema } from '../../../shared/infrastructure/events/event.row.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Session } from '../domain/session.js';
import { SessionNotFound } from '../domain/session.errors.js';
import { SessionRepository } from '../domain/session.repository.js';
import { AgentSwitchSchema, SessionSchema } from './session.row.js';

export class SqlSessionRepository extends SessionRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(session: Session): Promise<void> {
    this.context.insert(SessionSchema, session.snapshot());
    this.context.insert(EventStreamSchema, { sessionId: session.id });
  }

  get(sessionId: string, userId: string): Promise<Session> {
    return this.load(sessionId, userId, 'for no key update');
  }

  peek(sessionId: string, userId: string): Promise<Session> {
    return this.load(sessionId, userId, '');
  }

  async save(session: Session): Promise<void> {
    this.context.update(SessionSchema, session.snapshot());
    for (const { from, to, ...rest } of session.pullSwitches()) {
      const row = { ...rest, sessionId: session.id, fromAgent: from, toAgent: to };
      this.context.insert(AgentSwitchSchema, row);
    }
    this.context.record(...session.pullEvents());
  }

  private async load(sessionId: string, userId: string, locking: string): Promise<Session> {
    const owned = `id = $1 and user_id = $2 and deleted_at is null ${locking}`;
    const [row] = await this.context.find(SessionSchema, owned, [sessionId, userId]);
    if (!row) throw new SessionNotFound(sessionId);
    const { messageCount: _, ...state } = row;
    return Session.restore({ ...state, metadata: state.metadata as JsonObject });
  }
}
