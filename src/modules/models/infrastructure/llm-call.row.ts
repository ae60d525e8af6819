import { EntitySchema } from 'typeorm';
import { TokenUsage } from '../../../shared/domain/token-usage.js';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { LLM_CALL_STATUSES, LlmCall, LlmCallOutcome } from '../domain/llm-call.js';

export type LlmCallRow = LlmCall &
  Partial<Omit<LlmCallOutcome, 'status' | 'usage'> & TokenUsage> & {
    readonly status: string;
    /** Whether it is part of the sums of its day; null = not yet. */
    readonly counted?: boolean;
  };

export const LlmCallSchema = new EntitySchema<LlmCallRow>({
  name: 'llm_call',
  tableName: 'llm_calls',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    runId: { type: 'uuid', nullable: true },
    jobId: { type: 'uuid', nullable: true },
    messageId: { type: 'uuid', nullable: true },
    agent: { type: 'text' },
    purpose: { type: 'text' },
    model: { type: 'text' },
    status: { type: 'text' },
    errorCode: { type: 'text', nullable: true },
    promptTokens: { type: 'integer', nullable: true },
    completionTokens: { type: 'integer', nullable: true },
    cachedTokens: { type: 'integer', nullable: true },
    reasoningTokens: { type: 'integer', nullable: true },
    costMicros: { type: 'bigint', nullable: true },
    estimated: { type: 'boolean', default: false },
    counted: { type: 'boolean', nullable: true },
    firstTokenMs: { type: 'integer', nullable: true },
    startedAt: { type: 'timestamptz' },
    finishedAt: { type: 'timestamptz', nullable: true },
  },
  foreignKeys: [
    { name: 'llm_calls_run_fk', target: 'run', columnNames: ['runId'], referencedColumnNames: ['id'] },
  ],
  indices: [
    { name: 'llm_calls_run', columns: ['runId', 'id'] },
    { name: 'llm_calls_job', columns: ['jobId', 'id'], where: '(job_id IS NOT NULL)' },
  ],
  checks: [
    { name: 'llm_calls_status', expression: oneOf('status', LLM_CALL_STATUSES) },
    { name: 'llm_calls_owner', expression: 'num_nonnulls(run_id, job_id) = 1' },
  ],
});
