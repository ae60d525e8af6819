import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Page, PageRequest } from '../../../shared/application/page.js';
import { Git } from '../../../shared/domain/git.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { CallUsage, NO_CALLS } from '../../../shared/domain/token-usage.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Todo } from '../../../shared/domain/todo.js';
import { ClientTools } from '../../agents/index.js';
import { ModelCatalog, UsageQueries } from '../../models/index.js';
import { ActiveRunView, SessionFilter, SessionQueries, SessionView } from '../application/session.queries.js';
import { ApprovalMode, modeInForce } from '../../../shared/domain/approval-mode.js';
import { titleSourceOf } from '../domain/session.js';
import { SessionNotFound } from '../domain/session.errors.js';
import { TitleSource } from '../domain/title.js';
import { FoundSession, findSessions } from './find-sessions.js';

interface Record {
  id: string;
  title: string;
  title_source: TitleSource | null;
  agent: string;
  agent_chosen_by_user: boolean;
  model: string | null;
  reasoning_effort: string | null;
  approval_mode: ApprovalMode | null;
  steers: SessionView['steers'];
  message_count: number;
  last_seq: number;
  builtin_tools: string[] | null;
  file_hashes: boolean;
  todos: Todo[] | null;
  claims_required: boolean;
  workspace_name: string | null;
  metadata: JsonObject;
  created_at: Date;
  updated_at: Date;
  archived_at: Date | null;
  run_id: string | null;
  run_status: string;
  run_phase: string;
  run_agent: string;
  run_waiting_for: ActiveRunView['waitingFor'];
  run_events_after: number;
  run_created_at: Date;
}

/** The steering messages of the active run, and those of an ended run that a queued run has taken over. */
const STEERS = `
  select coalesce(json_agg(json_build_object('id', w.id, 'content', w.content) order by w.id), '[]')
    from (select id::text, content from steers where session_id = s.id
          union all
          select w.id, w.content from runs q cross join lateral jsonb_to_recordset(q.input->'steers') as w(id text, content text)
           where q.session_id = s.id and q.status = 'queued') as w`;

/** Joins the table of runs, so that the active run of each session needs no second query. */
const SELECT = `
  select s.id, s.title, s.title_source, s.agent, s.agent_chosen_by_user, s.model, s.reasoning_effort, s.approval_mode,
         s.message_count, e.last_seq, s.builtin_tools, s.file_hashes, s.claims_required, s.workspace_name, s.todos, s.metadata, s.created_at, s.updated_at, s.archived_at, r.id as run_id, r.status as run_status,
         r.phase as run_phase, r.agent as run_agent, r.waiting_for as run_waiting_for,
         r.events_after as run_events_after, r.created_at as run_created_at, (${STEERS}) as steers
    from sessions s
    join event_streams e on e.session_id = s.id
    left join runs r on r.session_id = s.id and r.job_id is null and r.status in ('running', 'waiting')
   where s.user_id = $1 and s.deleted_at is null`;

@Injectable()
export class SqlSessionQueries extends SessionQueries {
  constructor(
    private readonly database: Database,
    private readonly models: ModelCatalog,
    private readonly usage: UsageQueries,
    private readonly config: Config,
  ) {
    super();
  }

  async list(userId: string, filter: SessionFilter, page: PageRequest): Promise<Page<SessionView>> {
    const { text, values } = findSessions(userId, filter, page);
    const found = await this.database.query<FoundSession>(text, values);
    const shown = found.slice(0, page.limit);
    const hasMore = found.length > page.limit || found.at(-1)?.id === null;
    return {
      data: await this.views(
        userId,
        shown.map(({ id }) => id).filter((id) => id !== null),
      ),
      hasMore,
      nextCursor: hasMore ? shown.at(-1)!.cursor : null,
    };
  }

  /** In the order of the ids. One that was deleted meanwhile is left out. */
  private async views(userId: string, ids: readonly string[]): Promise<SessionView[]> {
    if (ids.length === 0) return [];
    const [rows, usage] = await Promise.all([
      this.database.query<Record>(`${SELECT} and s.id = any($2)`, [userId, ids]),
      this.usage.ofSessions(ids),
    ]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((id) => byId.get(id) ?? []).map((row) => this.toView(row, usage.get(row.id)));
  }

  async view(sessionId: string, userId: string): Promise<SessionView> {
    const [view] = await this.views(userId, [sessionId]);
    if (!view) throw new SessionNotFound(sessionId);
    return view;
  }

  async toolsOf(sessionId: string): Promise<ClientTools> {
    const [row] = await this.database.query<Pick<Record, 'builtin_tools' | 'file_hashes'>>(
      'select builtin_tools, file_hashes from sessions where id = $1',
      [sessionId],
    );
    if (!row) throw new SessionNotFound(sessionId);
    return { builtinTools: row.builtin_tools, fileHashes: row.file_hashes };
  }

  async workspaceOf(sessionId: string, userId: string) {
    const [row] = await this.database.query<{ digest: string | null; git: Git | null }>(
      'select workspace_digest as digest, git from sessions where id = $1 and user_id = $2 and deleted_at is null',
      [sessionId, userId],
    );
    if (!row) throw new SessionNotFound(sessionId);
    return row;
  }

  async requireOwned(sessionId: string, userId: string): Promise<void> {
    const rows = await this.database.query(
      'select 1 from sessions where id = $1 and user_id = $2 and deleted_at is null',
      [sessionId, userId],
    );
    if (rows.length === 0) throw new SessionNotFound(sessionId);
  }

  private toView(row: Record, usage: CallUsage = NO_CALLS): SessionView {
    return {
      id: row.id,
      title: row.title,
      titleSource: titleSourceOf({ title: row.title, titleSource: row.title_source }),
      agent: row.agent,
      chosenAgent: row.agent_chosen_by_user ? row.agent : null,
      model: row.model,
      reasoningEffort: row.reasoning_effort,
      modelMissing: row.model !== null && !this.models.has(row.model),
      approvalMode: modeInForce(row.approval_mode, this.config.approvalModes),
      claimsRequired: row.claims_required,
      workspace: row.workspace_name,
      phase: row.run_id ? row.run_phase : 'idle',
      activeRun: row.run_id
        ? {
            id: row.run_id,
            status: row.run_status,
            phase: row.run_phase,
            agent: row.run_agent,
            waitingFor: row.run_waiting_for,
            eventsAfter: row.run_events_after,
            createdAt: row.run_created_at,
          }
        : null,
      steers: row.steers,
      messageCount: row.message_count,
      lastEventId: row.last_seq,
      usage,
      builtinTools: row.builtin_tools,
      fileHashes: row.file_hashes,
      todos: row.todos,
      metadata: row.metadata,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      archivedAt: row.archived_at,
    };
  }
}
