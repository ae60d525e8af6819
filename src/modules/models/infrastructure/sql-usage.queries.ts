import { Injectable } from '@nestjs/common';
import { Page, PageRequest, pageOf } from '../../../shared/application/page.js';
import { CallUsage } from '../../../shared/domain/token-usage.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { UsageGroup, UsagePeriod, UsageQueries, UsageSum } from '../application/usage.queries.js';
import { USAGE_SUMS } from './usage-statements.js';

/** How usage is grouped. Texts are compared by their bytes, as the cursor has to be. */
interface Grouping {
  readonly key: string;
  readonly order: 'asc' | 'desc';
  readonly join?: string;
}

const GROUPINGS: Readonly<Record<UsageGroup, Grouping>> = {
  day: { key: 'u.day::text collate "C"', order: 'desc' },
  model: { key: 'u.model collate "C"', order: 'asc' },
  agent: { key: 'u.agent collate "C"', order: 'asc' },
  session: {
    key: 's.id::text collate "C"',
    order: 'desc',
    join: 'left join sessions s on s.id = u.session_id and s.deleted_at is null',
  },
};

const OF_SESSIONS = `
  select session_id as "sessionId", ${USAGE_SUMS} from usage_days where session_id = any($1) group by session_id`;

@Injectable()
export class SqlUsageQueries extends UsageQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async list(
    userId: string,
    { from, to }: UsagePeriod,
    group: UsageGroup,
    { limit, cursor }: PageRequest,
  ): Promise<Page<UsageSum>> {
    const { key, order, join = '' } = GROUPINGS[group];
    const isAfter = `(${key}) ${order === 'asc' ? '>' : '<'} $4`;
    const rows = await this.database.query<Omit<UsageSum, 'usage'> & CallUsage>(
      `select ${key} as key, ${USAGE_SUMS}, sum(unknown_calls)::float8 as "unknownCalls"
         from usage_days u ${join}
        where u.user_id = $1 and u.day between $2 and $3 and ($4::text is null or ${isAfter} or (${key}) is null)
        group by 1 order by 1 ${order} nulls last limit $5`,
      [userId, from, to, cursor ?? null, limit + 1],
    );
    return pageOf(
      rows,
      limit,
      ({ key: of, unknownCalls, ...usage }) => ({ key: of, usage, unknownCalls }),
      (row) => row.key ?? '',
    );
  }

  async ofSessions(sessionIds: readonly string[]): Promise<Map<string, CallUsage>> {
    const rows = await this.database.query<CallUsage & { sessionId: string }>(OF_SESSIONS, [sessionIds]);
    return new Map(rows.map(({ sessionId, ...usage }) => [sessionId, usage]));
  }
}
