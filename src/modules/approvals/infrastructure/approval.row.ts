import { EntitySchema } from 'typeorm';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { ApprovalState } from '../domain/approval-state.js';
import { APPROVAL_KINDS, APPROVAL_STATUSES, DECISIONS } from '../domain/approval.states.js';

const PENDING = `(status = 'pending'::text)`;

/** An approval that allows further calls. */
export const PERMISSION = '((remember OR (remember_when IS NOT NULL)) AND (forgotten_at IS NULL))';

/** TypeORM's types do not support a recursive type such as JsonObject. */
export type ApprovalRow = Omit<ApprovalState, 'arguments' | 'modifiedArguments' | 'suggestions'> & {
  readonly arguments: object | null;
  readonly modifiedArguments: object | null;
  readonly suggestions: object | null;
};

export const ApprovalSchema = new EntitySchema<ApprovalRow>({
  name: 'approval',
  tableName: 'approvals',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    runId: { type: 'uuid' },
    userId: { type: 'text' },
    kind: { type: 'text' },
    callId: { type: 'uuid' },
    attempt: { type: 'integer', default: 1 },
    planId: { type: 'uuid', nullable: true },
    toolName: { type: 'text' },
    subject: { type: 'text' },
    arguments: { type: 'jsonb', nullable: true },
    guard: { type: 'jsonb', nullable: true },
    reason: { type: 'text' },
    suggestions: { type: 'jsonb', nullable: true },
    status: { type: 'text' },
    expiresAt: { type: 'timestamptz' },
    createdAt: { type: 'timestamptz' },
    decision: { type: 'text', nullable: true },
    decidedBy: { type: 'text', nullable: true },
    feedback: { type: 'text', nullable: true },
    modifiedArguments: { type: 'jsonb', nullable: true },
    remember: { type: 'boolean' },
    rememberWhen: { type: 'jsonb', nullable: true },
    forgottenAt: { type: 'timestamptz', nullable: true },
    decidedAt: { type: 'timestamptz', nullable: true },
    version: { type: 'integer' },
  },
  foreignKeys: [
    { name: 'approvals_run_fk', target: 'run', columnNames: ['runId'], referencedColumnNames: ['id'] },
  ],
  uniques: [
    { name: 'approvals_of_plan', columns: ['planId', 'id', 'decision'] }, // target of the foreign key in plans
  ],
  indices: [
    { name: 'approvals_call_attempt', columns: ['callId', 'attempt'], unique: true },
    { name: 'approvals_session', columns: ['sessionId', 'id'] },
    { name: 'approvals_user', columns: ['userId', 'id'] },
    { name: 'approvals_user_status', columns: ['userId', 'status', 'id'] },
    { name: 'approvals_run_pending', columns: ['runId'], where: PENDING },
    { name: 'approvals_expiry', columns: ['expiresAt'], where: PENDING },
    { name: 'approvals_permissions', columns: ['sessionId', 'id'], where: PERMISSION },
    { name: 'approvals_remembered', columns: ['sessionId', 'toolName'], where: 'remember' },
  ],
  checks: [
    { name: 'approvals_kind', expression: oneOf('kind', APPROVAL_KINDS) },
    { name: 'approvals_plan', expression: `(kind = 'plan') = (plan_id IS NOT NULL)` },
    { name: 'approvals_status', expression: oneOf('status', APPROVAL_STATUSES) },
    { name: 'approvals_decision', expression: oneOf('decision', DECISIONS) },
    {
      name: 'approvals_decided',
      expression: `(decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (status IN ('pending', 'cancelled'))`,
    },
    {
      name: 'approvals_outcome',
      expression: `((status = 'approved') = (decision IS NOT NULL AND decision IN ('approve', 'edit'))) AND
        ((status = 'rejected') = (decision IS NOT NULL AND decision = 'reject')) AND
        ((status = 'changes_requested') = (decision IS NOT NULL AND decision = 'modify'))`,
    },
    {
      name: 'approvals_by_human',
      expression: `(decision = 'reject') OR (decided_by NOT IN ('runtime', ''))`,
    },
  ],
});
