import { PlanStatus } from './plan.states.js';
import { PlanView } from './plan-view.js';
import { SubtaskStatus } from './subtask.states.js';

export interface PlanEvents {
  'plan.created': { plan: PlanView };
  /** `approval_id`: the approval to be decided by the user. */
  'plan.approval_required': { approval_id: string; plan: PlanView };
  'plan.status_changed': { plan_id: string; from: PlanStatus; to: PlanStatus; reason?: string };
  'subtask.status_changed': {
    plan_id: string;
    subtask_id: string;
    from: SubtaskStatus;
    to: SubtaskStatus;
    progress: PlanView['progress'];
  };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends PlanEvents {}
}
