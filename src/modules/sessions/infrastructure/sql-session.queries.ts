import { Injectable } from '@nestjs/common';
import { Page, PageRequest, pageOf } from '../../../shared/application/page.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { ModelCatalog } from '../../models/index.js';
import { ActiveRunView, SessionQueries, SessionView } from '../application/session.queries.js';
import { SessionNotFound } from '../domain/session.errors.js';

interface Record {
  id: string;
  title: string;
  agent: string;
  model: string | null;
  reasoning_effort: string | null;
  message_count: number;
  last_seq: number;
  metadata: JsonObject;
  created_at: Date;
  updated_at: Date;
  archived_at: Date | null;
  run_id: string | null;
  run_status: string;
  run_phase: string;
  run_agent: string;
  run_waiting_for: ActiveRunView['waitingFor'];
  run_created_at: Date;
}

/** Joins the table of runs, so that the active run of each session needs no second query. */
const SELECT = `
  select s.id, s.title, s.agent, s.model, s.reasoning_effort, s.message_count, e.last_seq, s.metadata, s.created_at,
         s.updated_at, s.archived_at, r.id as run_id, r.status as run_status, r.phase as run_phase, r.agent as run_agent,
         r.waiting_for as run_waiting_for, r.created_at as run_created_at
    from sessions s
    join event_streams e on e.session_id = s.id
    left join runs r on r.session_id = s.id and r.job_id is null and r.status in ('running', 'waiting')
   where s.user_id = $1 and s.deleted_at is null`;

@Injectable()
export class SqlSessionQueries extends SessionQueries {
  constructor(
    private readonly database: Database,
    private readonly models: ModelCatalog,
  ) {
    super();
  }

  async list(userId: string, page: PageRequest): Promise<Page<SessionView>> {
    const rows = await this.database.query<Record>(
      `${SELECT} and ($2::uuid is null or s.id < $2) order by s.id desc limit $3`,
      [userId, page.cursor ?? null, page.limit + 1],
    );
    return pageOf(
      rows,
      page.limit,
      (row) => this.toView(row),
      (row) => row.id,
    );
  }

  async view(sessionId: string, userId: string): Promise<SessionView> {
    const [row] = await this.database.query<Record>(`${SELECT} and s.id = $2`, [userId, sessionId]);
    if (!row) throw new SessionNotFound(sessionId);
    return this.toView(row);
  }

  async requireOwned(sessionId: string, userId: string): Promise<void> {
    const rows = await this.database.query(
      'select 1 from sessions where id = $1 and user_id = $2 and deleted_at is null',
      [sessionId, userId],
    );
    if (rows.length === 0) throw new SessionNotFound(sessionId);
  }

  private toView(row: Record): SessionView {
    return {
      id: row.id,
      title: row.title,
      agent: row.agent,
      model: row.model,
      reasoningEffort: row.reasoning_effort,
      modelMissing: row.model !== null && !this.models.has(row.model),
      phase: row.run_id ? row.run_phase : 'idle',
      activeRun: row.run_id
        ? {
            id: row.run_id,
            status: row.run_status,
            phase: row.run_phase,
            agent: row.run_agent,
            waitingFor: row.run_waiting_for,
            createdAt: row.run_created_at,
          }
        : null,
      messageCount: row.message_count,
      lastEventId: row.last_seq,
      metadata: row.metadata,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      archivedAt: row.archived_at,
    };
  }
}
