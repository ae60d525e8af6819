import { Injectable } from '@nestjs/common';
import { Page, PageRequest } from '../../../shared/application/page.js';
import { Clock } from '../../../shared/domain/clock.js';
import { InputInvalid } from '../../../shared/domain/domain-error.js';
import { UsageGroup, UsagePeriod, UsageQueries, UsageSum } from './usage.queries.js';

const DAY_MS = 24 * 3_600_000;
/** In days, both ends included. */
const USUAL_PERIOD = 30;
const LONGEST_PERIOD = 366;

export interface ListUsageCommand extends PageRequest {
  readonly userId: string;
  readonly group: UsageGroup;
  /** A day in UTC (`YYYY-MM-DD`); unset = a month before `to`. */
  readonly from: string | undefined;
  /** Unset = today. */
  readonly to: string | undefined;
}

/** Lists what a user has used in a period. */
@Injectable()
export class ListUsage {
  constructor(
    private readonly queries: UsageQueries,
    private readonly clock: Clock,
  ) {}

  /** @throws InputInvalid for a period that is too long, or ends before it begins */
  async execute({ userId, group, from, to, limit, cursor }: ListUsageCommand): Promise<Page<UsageSum>> {
    const last = to ?? dayOf(this.clock.now());
    const first = from ?? dayOf(new Date(Date.parse(last) - (USUAL_PERIOD - 1) * DAY_MS));
    const page = { limit, cursor };
    return this.queries.list(userId, periodOf(first, last), group, page);
  }
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 'YYYY-MM-DD'.length);

function periodOf(from: string, to: string): UsagePeriod {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1) throw new InputInvalid([{ field: 'from', message: 'must not be after `to`' }]);
  if (days > LONGEST_PERIOD) {
    throw new InputInvalid([
      { field: 'from', message: `must not be ${LONGEST_PERIOD} days or more before \`to\`` },
    ]);
  }
  return { from, to };
}
