import { Page, PageRequest } from '../../../shared/application/page.js';
import { CallUsage } from '../../../shared/domain/token-usage.js';

/** What usage is added up by. */
export const USAGE_GROUPS = ['day', 'model', 'agent', 'session'] as const;

export type UsageGroup = (typeof USAGE_GROUPS)[number];

export interface UsageSum {
  /** The day, or the id of the model, agent or session; null = the sessions that were deleted. */
  readonly key: string | null;
  readonly usage: CallUsage;
  /** Calls of which nothing is known, as their process died: they count as calls, and their tokens do not. */
  readonly unknownCalls: number;
}

/** Days in UTC (`YYYY-MM-DD`), both included. */
export interface UsagePeriod {
  readonly from: string;
  readonly to: string;
}

/** Read access to what was used. The cost is that of the days and sessions, not of the calls. */
export abstract class UsageQueries {
  /** Days and sessions newest first, models and agents by their ids. */
  abstract list(
    userId: string,
    period: UsagePeriod,
    group: UsageGroup,
    page: PageRequest,
  ): Promise<Page<UsageSum>>;
  /** The usage of sessions; those without any are left out. */
  abstract ofSessions(sessionIds: readonly string[]): Promise<Map<string, CallUsage>>;
}
