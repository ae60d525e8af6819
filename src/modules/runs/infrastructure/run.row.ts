import { EntitySchema } from 'typeorm';
import { ABANDONED } from '../../../shared/infrastructure/persistence/leased-rows.js';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { RUN_PHASES } from '../domain/run-phase.states.js';
import { RUN_STATUSES } from '../domain/run.states.js';
import { RunState } from '../domain/run-state.js';
import { ToolCallState } from '../domain/tool-call-state.js';
import { TOOL_CALL_STATUSES } from '../domain/tool-call.states.js';

/** The condition of a run that keeps its session busy; runs of jobs do not. */
export const ACTIVE = `((job_id IS NULL) AND (status = ANY (ARRAY['running'::text, 'waiting'::text])))`;

/** What keeps a session from being deleted or handed to another agent. */
export const UNFINISHED = `job_id is null and (status = 'queued' or ${ACTIVE})`;

/** What another process may go on with; the run of a job is recovered with its job. */
export const RECOVERABLE = `job_id is null and ${ABANDONED}`;

/** The index that allows a session one active run. */
export const ONE_ACTIVE_RUN = 'runs_one_active';

export interface RunRow extends RunState {
  readonly eventsAfter: number;
  /** By the database's clock, since those of processes differ. Of a run that was handed over: the time of that. */
  readonly leaseExpiresAt: Date | null;
}

export const RunSchema = new EntitySchema<RunRow>({
  name: 'run',
  tableName: 'runs',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    userId: { type: 'text' },
    status: { type: 'text' },
    phase: { type: 'text' },
    agent: { type: 'text' },
    agentVersions: { type: 'jsonb', default: {} },
    toolsDigest: { type: 'text', nullable: true },
    workspaceDigest: { type: 'text', nullable: true },
    model: { type: 'text', nullable: true },
    modelChosen: { type: 'boolean', default: false },
    modelSwitches: { type: 'jsonb', default: [] },
    reasoningEffort: { type: 'text', nullable: true },
    trigger: { type: 'text' },
    jobId: { type: 'uuid', nullable: true },
    planId: { type: 'uuid', nullable: true },
    waitingFor: { type: 'jsonb' },
    error: { type: 'jsonb', nullable: true },
    usage: { type: 'jsonb' },
    switches: { type: 'integer' },
    invalidReplies: { type: 'integer' },
    attempt: { type: 'integer' },
    recoveries: { type: 'integer', default: 0 },
    leaseOwner: { type: 'text', nullable: true },
    leaseToken: { type: 'uuid', nullable: true },
    leaseExpiresAt: { type: 'timestamptz', nullable: true },
    traceparent: { type: 'text', nullable: true },
    input: { type: 'jsonb', nullable: true },
    eventsAfter: { type: 'bigint' },
    createdAt: { type: 'timestamptz' },
    startedAt: { type: 'timestamptz', nullable: true },
    finishedAt: { type: 'timestamptz', nullable: true },
    cancelRequestedAt: { type: 'timestamptz', nullable: true },
    version: { type: 'integer' },
  },
  foreignKeys: [
    { name: 'runs_session_fk', target: 'session', columnNames: ['sessionId'], referencedColumnNames: ['id'] },
  ],
  indices: [
    { name: ONE_ACTIVE_RUN, columns: ['sessionId'], unique: true, where: ACTIVE },
    { name: 'runs_session', columns: ['sessionId', 'id'] },
    { name: 'runs_lease', columns: ['leaseExpiresAt'], where: `(status = 'running'::text)` },
    { name: 'runs_job', columns: ['jobId'], where: '(job_id IS NOT NULL)' },
    { name: 'runs_active_user', columns: ['userId', 'status', 'sessionId'], where: ACTIVE },
    { name: 'runs_queued', columns: ['sessionId', 'id'], where: `(status = 'queued'::text)` },
  ],
  checks: [
    { name: 'runs_status', expression: oneOf('status', RUN_STATUSES) },
    { name: 'runs_phase', expression: oneOf('phase', RUN_PHASES) },
    { name: 'runs_lease_whole', expression: `(lease_token IS NULL) OR (lease_expires_at IS NOT NULL)` },
    { name: 'runs_held', expression: `(status = 'running') OR (lease_token IS NULL)` },
  ],
});

/** The condition of a tool call that is not settled. */
export const OPEN_CALL_STATUS = `status in ('awaiting_approval', 'requested')`;

/** TypeORM's types cannot follow a recursive type like JSON's. */
export type ToolCallRow = Omit<ToolCallState, 'arguments' | 'guard'> & {
  readonly arguments: object;
  /** Whether the client checks a file; with null in `expectedHash` it must not be there. */
  readonly guarded: boolean;
  readonly expectedHash: string | null;
  readonly afterCall: string | null;
};

export const ToolCallSchema = new EntitySchema<ToolCallRow>({
  name: 'tool_call',
  tableName: 'tool_calls',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    runId: { type: 'uuid' },
    messageId: { type: 'uuid' },
    subtaskId: { type: 'uuid', nullable: true },
    agent: { type: 'text' },
    toolName: { type: 'text' },
    source: { type: 'text', default: 'builtin' },
    timeoutSeconds: { type: 'integer', nullable: true },
    arguments: { type: 'jsonb' },
    edited: { type: 'boolean', default: false },
    feedback: { type: 'text', nullable: true },
    status: { type: 'text' },
    deadlineAt: { type: 'timestamptz', nullable: true },
    createdAt: { type: 'timestamptz' },
    settledAt: { type: 'timestamptz', nullable: true },
    outcomeHash: { type: 'bytea', nullable: true },
    guarded: { type: 'boolean', default: false },
    expectedHash: { type: 'text', nullable: true },
    afterCall: { type: 'uuid', nullable: true },
    claimedBy: { type: 'text', nullable: true },
    claimExpiresAt: { type: 'timestamptz', nullable: true },
    attempt: { type: 'integer', default: 1 },
  },
  foreignKeys: [
    { name: 'tool_calls_run_fk', target: 'run', columnNames: ['runId'], referencedColumnNames: ['id'] },
  ],
  indices: [
    { name: 'tool_calls_run', columns: ['runId', 'id'] },
    { name: 'tool_calls_deadline', columns: ['deadlineAt'], where: `(status = 'requested'::text)` },
    { name: 'tool_calls_claim', columns: ['claimExpiresAt'], where: '(claim_expires_at IS NOT NULL)' },
  ],
  checks: [
    { name: 'tool_calls_status', expression: oneOf('status', TOOL_CALL_STATUSES) },
    { name: 'tool_calls_wait', expression: `(status <> 'requested') OR (deadline_at IS NOT NULL)` },
  ],
});
