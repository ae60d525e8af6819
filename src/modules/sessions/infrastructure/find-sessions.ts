import { PageRequest } from '../../../shared/application/page.js';
import { Statement } from '../../../shared/infrastructure/persistence/row-statements.js';
import { SessionFilter } from '../application/session.queries.js';
import { patternOf } from './pattern-of.js';

/** How much one page of a search looks at. What is left is looked at for the next page. */
export const SEARCH_LIMITS = {
  sessions: 1_000,
  /** Of all these sessions together. */
  messages: 20_000,
  /** Of one session, the newest. */
  messagesOfSession: 1_000,
  /** Of one message, from its beginning. */
  characters: 2_000,
};

/** A session of the page, or the place up to which a search has looked. */
export interface FoundSession {
  /** Null in the row for that place, which is the last one. */
  readonly id: string | null;
  readonly cursor: string;
}

/** Adds a value to a statement. @returns what stands for it there */
type Parameter = (value: unknown) => string;

/** The order of a list, and where a page of it begins. */
interface Order {
  readonly by: string;
  readonly cursor: string;
  readonly after: (cursor: string, parameter: Parameter) => string;
}

const ORDERS: Record<SessionFilter['sort'], Order> = {
  created_at: {
    by: 's.id desc',
    cursor: 's.id::text',
    after: (id, parameter) => `s.id < ${parameter(id)}::uuid`,
  },
  updated_at: {
    by: 's.updated_at desc, s.id desc',
    cursor: `(extract(epoch from s.updated_at) * 1000000)::bigint || '_' || s.id`,
    after: (cursor, parameter) => {
      const [microseconds, id] = cursor.split('_').map(parameter);
      const time = `timestamptz 'epoch' + ${microseconds}::bigint * interval '1 microsecond'`;
      return `(s.updated_at, s.id) < (${time}, ${id}::uuid)`;
    },
  },
};

/** Each has indexes of its own. */
const ARCHIVED = [
  [false, 's.archived_at is null'],
  [true, 's.archived_at is not null'],
] as const;

/** Selects the sessions of a page, and one more where there are more. */
export function findSessions(userId: string, filter: SessionFilter, page: PageRequest): Statement {
  const values: unknown[] = [];
  const parameter: Parameter = (value) => `$${values.push(value)}`;
  const { by, cursor } = ORDERS[filter.sort];
  const rows = page.limit + 1;
  if (filter.text === undefined) {
    const candidates = candidatesOf(userId, filter, page.cursor, rows, parameter);
    return { text: `select s.id, ${cursor} as cursor from (${candidates}) as s order by ${by}`, values };
  }
  const { sessions, messages, messagesOfSession, characters } = SEARCH_LIMITS;
  const candidates = candidatesOf(userId, filter, page.cursor, sessions + 1, parameter);
  const pattern = parameter(patternOf(filter.text));
  const contains = (text: string) => `${text} ~ ${pattern}`;
  const text = `
    with candidates as materialized (${candidates}),
    counted as (
      select s.*, row_number() over (order by ${by}) as place,
             sum(least(s.message_count, ${messagesOfSession})) over (order by ${by}) as messages
        from candidates s
    ),
    examined as materialized (
      select * from counted where place = 1 or (place <= ${sessions} and messages <= ${messages})
    ),
    found as (
      select s.id, ${cursor} as cursor, s.place from examined s
       where ${contains('s.title')} or exists (
         select from (select role, content from messages m
                       where m.session_id = s.id and m.subtask_id is null and m.job_id is null
                       order by m.position desc limit ${messagesOfSession}) as m
          where m.role = 'user' and ${contains(`left(m.content, ${characters})`)})
       order by s.place limit ${parameter(rows)}
    )
    select * from found union all
      (select null, ${cursor}, s.place + 1 from examined s
        where (select count(*) from candidates) > (select count(*) from examined)
        order by s.place desc limit 1)
    order by place`;
  return { text, values };
}

/**
 * SQL: the first sessions of a list, before a search. Sessions with an active run are few, and found by their runs; the others
 * come from an index in the order of the list, that of open and that of archived ones.
 */
function candidatesOf(
  userId: string,
  { archived, status, workspace, sort }: SessionFilter,
  cursor: string | undefined,
  limit: number,
  parameter: Parameter,
): string {
  const { by, after } = ORDERS[sort];
  const user = parameter(userId);
  const conditions = [
    's.deleted_at is null',
    ...(cursor === undefined ? [] : [after(cursor, parameter)]),
    ...(workspace === undefined ? [] : [`s.workspace_name = ${parameter(workspace)}`]),
  ].join(' and ');
  const sorted = `order by ${by} limit ${parameter(limit)}`;
  const kinds = ARCHIVED.filter(([isArchived]) => archived === undefined || isArchived === archived);
  if (status === undefined) {
    const parts = kinds.map(
      ([, kind]) =>
        `(select * from sessions s where s.user_id = ${user} and ${kind} and ${conditions} ${sorted})`,
    );
    return `select s.* from (${parts.join(' union all ')}) as s ${sorted}`;
  }
  return `
    select s.* from runs r join sessions s on s.id = r.session_id
     where r.user_id = ${user} and r.job_id is null and r.status = ${parameter(status)}
       and r.status in ('running', 'waiting') and (${kinds.map(([, kind]) => kind).join(' or ')}) and ${conditions}
     ${sorted}`;
}
