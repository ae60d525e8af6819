import { Injectable } from '@nestjs/common';
import { EventCatalogue, EventType } from '../../../shared/domain/domain-event.js';
import { isId } from '../../../shared/domain/ids.js';
import { Page, PageRequest, pageOf } from '../../../shared/application/page.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Counted, bySize, pageBySize } from '../../../shared/infrastructure/persistence/page-by-size.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { joinSession } from '../../sessions/index.js';
import { isAvailable } from '../../tools/index.js';
import { RunAtWork, RunPlace, RunQueries, TitledSession } from '../application/run.queries.js';
import { RunNotFound } from '../domain/run.errors.js';
import { RunState } from '../domain/run-state.js';
import { RunStatus, runStatus } from '../domain/run.states.js';
import { ToolCallState } from '../domain/tool-call-state.js';
import { ACTIVE, OPEN_CALL_STATUS, RECOVERABLE, RunRow, RunSchema, ToolCallSchema } from './run.row.js';

/** A run has at most one open call, beside those that make room for it. */
const OPEN_CALL = `(
  select json_build_object('id', c.id, 'sessionId', c.session_id, 'runId', c.run_id, 'jobId', c.job_id,
           'messageId', c.message_id, 'agent', c.agent, 'purpose', c.purpose, 'model', c.model,
           'startedAt', c.started_at)
    from llm_calls c where c.run_id = r.id and c.status = 'started' and c.purpose <> 'compaction')`;

/** A run belongs to its user until its session is deleted. */
const OWNED = `${joinSession('r')} where r.id = $1 and r.user_id = $2`;

const FIRST_ANSWERED = `
  select r.session_id as "sessionId", r.user_id as "userId", r.agent
    from runs r ${joinSession('r')}
   where r.id = $1 and r.status = 'completed' and r.job_id is null
     and s.title_source = 'first_message'
     and not exists (select from runs e
                      where e.session_id = r.session_id and e.id < r.id and e.status = 'completed' and e.job_id is null)`;

/** Calls without an answer in time, or without a client that declares their tool or has claimed them. Both read only open calls. */
const EXPIRED_CALLS = `
  select run_id from tool_calls where status = 'requested' and deadline_at <= now()
   union
  select c.run_id from tool_calls c
   where c.status = 'requested' and c.claim_expires_at is null and c.source = 'client' and not ${isAvailable('c')}
   limit $1`;

@Injectable()
export class SqlRunQueries extends RunQueries {
  private readonly columns: string;
  private readonly select: string;
  private readonly selectCall: string;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.columns = statements.columnsOf(RunSchema, 'r');
    this.select = statements.selectOf(RunSchema, 'r');
    this.selectCall = statements.selectOf(ToolCallSchema, 'c');
  }

  async list(sessionId: string, page: PageRequest): Promise<Page<RunState>> {
    const rows = await this.database.query<RunState>(
      `${this.select} where r.session_id = $1 and ($2::uuid is null or r.id < $2)
        order by r.id desc limit $3`,
      [sessionId, page.cursor ?? null, page.limit + 1],
    );
    return pageOf(
      rows,
      page.limit,
      (run) => run,
      (run) => run.id,
    );
  }

  async listOwned(
    userId: string,
    { status, olderThanSeconds }: { status: RunStatus | undefined; olderThanSeconds: number | undefined },
    page: PageRequest,
  ): Promise<Page<RunState>> {
    const rows = await this.database.query<RunState>(
      `${this.select} ${joinSession('r')}
        where r.user_id = $1 and ($2::text is null or r.status = $2)
          and ($3::integer is null or r.created_at <= now() - make_interval(secs => $3))
          and ($4::uuid is null or r.id < $4)
        order by r.id desc limit $5`,
      [userId, status ?? null, olderThanSeconds ?? null, page.cursor ?? null, page.limit + 1],
    );
    return pageOf(
      rows,
      page.limit,
      (run) => run,
      (run) => run.id,
    );
  }

  async firstAnswered(runId: string): Promise<TitledSession | undefined> {
    const [session] = await this.database.query<TitledSession>(FIRST_ANSWERED, [runId]);
    return session;
  }

  async listAbandoned(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select id from runs where ${RECOVERABLE} order by lease_expires_at limit $1`,
      [limit],
    );
    return rows.map((row) => row.id);
  }

  async hasQueued(sessionId: string): Promise<boolean> {
    const rows = await this.database.query(
      `select 1 from runs where session_id = $1 and status = 'queued' limit 1`,
      [sessionId],
    );
    return rows.length > 0;
  }

  async listSessionsToStart(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ session_id: string }>(
      `select distinct q.session_id from runs q
        where q.status = 'queued' and not exists (
          select 1 from runs a where a.session_id = q.session_id and ${ACTIVE}
        ) limit $1`,
      [limit],
    );
    return rows.map((row) => row.session_id);
  }

  async listWithSteersLeft(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ run_id: string }>(
      `select distinct s.run_id from steers s join runs r on r.id = s.run_id
        where r.finished_at is not null limit $1`,
      [limit],
    );
    return rows.map((row) => row.run_id);
  }

  async view(runId: string, userId: string): Promise<RunState> {
    return this.one<RunState>(runId, `${this.select} ${OWNED}`, [runId, userId]);
  }

  async place(runId: string, userId: string): Promise<RunPlace> {
    const { sessionId, status, eventsAfter } = await this.one<RunRow>(runId, `${this.select} ${OWNED}`, [
      runId,
      userId,
    ]);
    return { sessionId, isFinal: runStatus.isFinal(status), eventsAfter };
  }

  async state(runId: string): Promise<RunAtWork> {
    const { openCall, ...run } = await this.one<RunAtWork>(
      runId,
      `select ${this.columns}, ${OPEN_CALL} as "openCall" from runs r where r.id = $1`,
      [runId],
    );
    return { ...run, openCall: openCall && { ...openCall, startedAt: new Date(openCall.startedAt) } };
  }

  async listWithExpiredCalls(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ run_id: string }>(EXPIRED_CALLS, [limit]);
    return rows.map((row) => row.run_id);
  }

  /** Only the active run of a session has open calls: no index finds them by their session. */
  async listOpenCalls(sessionId: string, { limit, cursor }: PageRequest): Promise<Page<ToolCallState>> {
    const rows = await this.database.query<ToolCallState & Counted>(
      bySize(
        `${this.selectCall} where c.run_id = (select id from runs where session_id = $1 and ${ACTIVE}) and c.${OPEN_CALL_STATUS}
          and ($2::uuid is null or c.id > $2) order by c.id limit $3`,
        'id',
        ['arguments'],
      ),
      [sessionId, cursor ?? null, limit + 1],
    );
    return pageBySize<ToolCallState>(rows, limit, ({ id }) => id);
  }

  async listWithLapsedClaims(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ run_id: string }>(
      `select distinct run_id from tool_calls where status = 'requested' and claim_expires_at <= now() limit $1`,
      [limit],
    );
    return rows.map((row) => row.run_id);
  }

  async firstSeq<Type extends EventType>(
    sessionId: string,
    type: Type,
    data: Partial<EventCatalogue[Type]>,
  ): Promise<number | undefined> {
    const [row] = await this.database.query<{ seq: number }>(
      `select seq from events
        where session_id = $1 and type = $2 and data::jsonb @> $3::jsonb order by seq limit 1`,
      [sessionId, type, JSON.stringify(data)],
    );
    return row?.seq;
  }

  private async one<Row>(runId: string, sql: string, parameters: unknown[]): Promise<Row> {
    const [row] = isId(runId) ? await this.database.query<Row>(sql, parameters) : [];
    if (!row) throw new RunNotFound(runId);
    return row;
  }
}
