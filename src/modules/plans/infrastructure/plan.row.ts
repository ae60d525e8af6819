import { EntitySchema } from 'typeorm';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { PLAN_STATUSES } from '../domain/plan.states.js';
import { PlanState, PlanTransition } from '../domain/plan-state.js';
import { SUBTASK_STATUSES } from '../domain/subtask.states.js';
import { Subtask } from '../domain/subtask.js';

/** The statuses of a plan that is being drafted or executed. */
export const OPEN = `(status = ANY (ARRAY['draft'::text, 'review'::text, 'approved'::text, 'executing'::text]))`;

/**
 * The database itself refuses an approved plan without an approval of this very plan that names the user who decided
 * it, so that no defect of the code can bypass the review.
 */
const NEEDS_APPROVAL = `(status NOT IN ('approved', 'executing', 'completed', 'failed')) OR (approval_id IS NOT NULL)`;

export type PlanRow = Omit<PlanState, 'subtasks'> & {
  /** `approve` if an approval is set: the foreign key then requires that decision. */
  readonly approvalDecision: 'approve' | null;
};

export const PlanSchema = new EntitySchema<PlanRow>({
  name: 'plan',
  tableName: 'plans',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    runId: { type: 'uuid' },
    userId: { type: 'text' },
    title: { type: 'text' },
    description: { type: 'text' },
    status: { type: 'text' },
    revision: { type: 'integer' },
    approvalId: { type: 'uuid', nullable: true },
    approvalDecision: { type: 'text', nullable: true },
    createdAt: { type: 'timestamptz' },
    updatedAt: { type: 'timestamptz' },
    version: { type: 'integer' },
  },
  foreignKeys: [
    { name: 'plans_run_fk', target: 'run', columnNames: ['runId'], referencedColumnNames: ['id'] },
    {
      name: 'plans_approval_fk',
      target: 'approval',
      columnNames: ['id', 'approvalId', 'approvalDecision'],
      referencedColumnNames: ['planId', 'id', 'decision'],
    },
  ],
  indices: [
    { name: 'plans_session', columns: ['sessionId', 'id'] },
    { name: 'plans_user', columns: ['userId', 'id'] },
    { name: 'plans_user_status', columns: ['userId', 'status', 'id'] },
    { name: 'plans_one_open', columns: ['runId'], unique: true, where: OPEN },
  ],
  checks: [
    { name: 'plans_status', expression: oneOf('status', PLAN_STATUSES) },
    { name: 'plans_needs_approval', expression: NEEDS_APPROVAL },
    { name: 'plans_approval_decision', expression: `approval_decision = 'approve'` },
    {
      name: 'plans_approval_whole',
      expression: `(approval_id IS NULL) = (approval_decision IS NULL)`,
    },
  ],
});

export type SubtaskRow = Subtask & { readonly planId: string };

export const SubtaskSchema = new EntitySchema<SubtaskRow>({
  name: 'subtask',
  tableName: 'subtasks',
  columns: {
    id: { type: 'uuid', primary: true },
    planId: { type: 'uuid' },
    revision: { type: 'integer' },
    position: { type: 'integer' },
    title: { type: 'text' },
    description: { type: 'text' },
    agent: { type: 'text' },
    dependencies: { type: 'jsonb' },
    estimatedMinutes: { type: 'integer', nullable: true },
    status: { type: 'text' },
    attempt: { type: 'integer' },
    result: { type: 'text', nullable: true },
    error: { type: 'jsonb', nullable: true },
    startedAt: { type: 'timestamptz', nullable: true },
    finishedAt: { type: 'timestamptz', nullable: true },
  },
  foreignKeys: [
    { name: 'subtasks_plan_fk', target: 'plan', columnNames: ['planId'], referencedColumnNames: ['id'] },
  ],
  uniques: [{ name: 'subtasks_position', columns: ['planId', 'revision', 'position'] }],
  checks: [{ name: 'subtasks_status', expression: oneOf('status', SUBTASK_STATUSES) }],
});

export const PlanTransitionSchema = new EntitySchema<PlanTransition>({
  name: 'plan_transition',
  tableName: 'plan_transitions',
  columns: {
    id: { type: 'uuid', primary: true },
    planId: { type: 'uuid' },
    revision: { type: 'integer' },
    action: { type: 'text' },
    fromStatus: { type: 'text', nullable: true },
    toStatus: { type: 'text' },
    decidedBy: { type: 'text' },
    reason: { type: 'text', nullable: true },
    approvalId: { type: 'uuid', nullable: true },
    createdAt: { type: 'timestamptz' },
  },
  foreignKeys: [
    {
      name: 'plan_transitions_plan_fk',
      target: 'plan',
      columnNames: ['planId'],
      referencedColumnNames: ['id'],
    },
  ],
  indices: [{ name: 'plan_transitions_plan', columns: ['planId', 'id'] }],
});
