import { EntitySchema } from 'typeorm';
import { CallUsage } from '../../../shared/domain/token-usage.js';

/** What the calls of a session by one agent to one model have used on one day (UTC), that of their end. */
export interface UsageDayRow extends CallUsage {
  readonly sessionId: string;
  readonly userId: string;
  readonly day: string;
  readonly agent: string;
  readonly model: string;
  /** Aborted calls of which nothing is known. */
  readonly unknownCalls: number;
}

/** The session comes first in the key: runs of different sessions never wait for each other. */
export const UsageDaySchema = new EntitySchema<UsageDayRow>({
  name: 'usage_day',
  tableName: 'usage_days',
  columns: {
    sessionId: { type: 'uuid', primary: true },
    userId: { type: 'text' },
    day: { type: 'date', primary: true },
    agent: { type: 'text', primary: true },
    model: { type: 'text', primary: true },
    modelCalls: { type: 'bigint' },
    unknownCalls: { type: 'bigint' },
    promptTokens: { type: 'bigint' },
    completionTokens: { type: 'bigint' },
    cachedTokens: { type: 'bigint' },
    reasoningTokens: { type: 'bigint' },
    costMicros: { type: 'bigint', nullable: true },
    estimated: { type: 'boolean' },
  },
  indices: [{ name: 'usage_days_user', columns: ['userId', 'day'] }],
});
