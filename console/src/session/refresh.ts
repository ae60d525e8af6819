import type { RuntimeEvent } from '@agent-runtime/client';
import { markStale } from '../app/stale.ts';

const TOUCHED: Readonly<Record<string, readonly string[]>> = {
  'approval.requested': ['approvals'],
  'approval.resolved': ['approvals', 'permissions'],
  'permissions.withdrawn': ['permissions'],
  'plan.created': ['plans'],
  'plan.approval_required': ['plans', 'plan', 'approvals'],
  'plan.status_changed': ['plans', 'plan'],
  'subtask.status_changed': ['plans', 'plan'],
  'run.started': ['runs', 'run', 'tools'],
  'run.finished': ['runs', 'run', 'session', 'sessions', 'context'],
  'message.completed': ['context'],
  'session.updated': ['session', 'sessions', 'workspace'],
  'session.deleted': ['session', 'sessions'],
  'job.status_changed': ['jobs', 'job', 'synopsis', 'context'],
  'synopsis.updated': ['synopsis'],
  'context.compacted': ['context'],
};

/** Has fetched anew what an event has changed. */
export const refreshAfter = ({ type }: RuntimeEvent): void => markStale(...(TOUCHED[type] ?? []));
