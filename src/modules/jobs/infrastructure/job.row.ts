import { EntitySchema } from 'typeorm';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { JOB_STATUSES } from '../domain/job.states.js';
import { JobState } from '../domain/job.js';

/** TypeORM's types do not support a recursive type such as JsonObject. */
export type JobRow = Omit<JobState, 'payload' | 'result' | 'error'> & {
  readonly payload: object;
  readonly result: object | null;
  readonly errorCode: string | null;
  readonly errorText: string | null;
  /** By the database's clock, since those of the processes may differ. */
  readonly leaseExpiresAt: Date | null;
  /** When its message was last sent to the queue; null = to be sent. */
  readonly deliveredAt: Date | null;
};

/** Worded as PostgreSQL prints the condition, so that the schema comparison finds no difference. */
export const ACTIVE = `(status = ANY (ARRAY['queued'::text, 'running'::text]))`;
const QUEUED = `(status = 'queued'::text)`;
const RUNNING = `(status = 'running'::text)`;

export const JobSchema = new EntitySchema<JobRow>({
  name: 'job',
  tableName: 'jobs',
  columns: {
    id: { type: 'uuid', primary: true },
    type: { type: 'text' },
    agent: { type: 'text' },
    agentVersion: { type: 'text' },
    status: { type: 'text' },
    payload: { name: 'payload_json', type: 'jsonb' },
    result: { name: 'result_json', type: 'jsonb', nullable: true },
    errorCode: { type: 'text', nullable: true },
    errorText: { type: 'text', nullable: true },
    sessionId: { type: 'uuid' },
    userId: { type: 'text' },
    idempotencyKey: { type: 'text' },
    attempt: { type: 'integer' },
    recoveries: { type: 'integer' },
    traceId: { type: 'text' },
    traceparent: { type: 'text', nullable: true },
    runId: { type: 'uuid', nullable: true },
    availableAt: { type: 'timestamptz' },
    deliveredAt: { type: 'timestamptz', nullable: true },
    deadlineAt: { type: 'timestamptz', nullable: true },
    leaseOwner: { type: 'text', nullable: true },
    leaseToken: { type: 'uuid', nullable: true },
    leaseExpiresAt: { type: 'timestamptz', nullable: true },
    cancelRequestedAt: { type: 'timestamptz', nullable: true },
    createdAt: { type: 'timestamptz' },
    startedAt: { type: 'timestamptz', nullable: true },
    finishedAt: { type: 'timestamptz', nullable: true },
    version: { type: 'integer' },
  },
  foreignKeys: [
    { name: 'jobs_session_fk', target: 'session', columnNames: ['sessionId'], referencedColumnNames: ['id'] },
  ],
  indices: [
    { name: 'jobs_one_active', columns: ['idempotencyKey'], unique: true, where: ACTIVE },
    { name: 'jobs_status', columns: ['status', 'createdAt'] },
    { name: 'jobs_session', columns: ['sessionId', 'type'] },
    { name: 'jobs_user', columns: ['userId', 'id'] },
    { name: 'jobs_active_user', columns: ['userId'], where: ACTIVE },
    { name: 'jobs_active_type', columns: ['type'], where: ACTIVE },
    { name: 'jobs_due', columns: ['availableAt'], where: QUEUED },
    { name: 'jobs_lease', columns: ['leaseExpiresAt'], where: RUNNING },
  ],
  checks: [
    { name: 'jobs_status_known', expression: oneOf('status', JOB_STATUSES) },
    { name: 'jobs_lease_whole', expression: `(lease_token IS NULL) = (lease_expires_at IS NULL)` },
    { name: 'jobs_held', expression: `(status = 'running') = (lease_token IS NOT NULL)` },
    {
      name: 'jobs_finished',
      expression: `(status IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)`,
    },
    { name: 'jobs_result', expression: `(status = 'done') = (result_json IS NOT NULL)` },
  ],
});

export function toJobState(row: JobRow): JobState {
  const { leaseExpiresAt: _, deliveredAt: __, errorCode, errorText, ...state } = row;
  const error = errorCode === null ? null : { code: errorCode, message: errorText ?? '' };
  return { ...(state as Omit<JobState, 'error'>), error };
}
