import { StateMachine } from '../../../shared/domain/state-machine.js';

export const RUN_STATUSES = [
  'queued',
  'running',
  'waiting',
  'completed',
  'failed',
  'cancelled',
  'interrupted',
  'model_call_limit',
] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

export type RunAction =
  'start' | 'wait' | 'resume' | 'complete' | 'fail' | 'cancel' | 'interrupt' | 'exhaust_model_calls';

/** `waiting`: nothing to do until the client answers; such a run is only rows. */
export const runStatus = new StateMachine<RunStatus, RunAction>({
  queued: { start: 'running', cancel: 'cancelled' },
  running: {
    wait: 'waiting',
    complete: 'completed',
    fail: 'failed',
    cancel: 'cancelled',
    interrupt: 'interrupted',
    exhaust_model_calls: 'model_call_limit',
  },
  waiting: { resume: 'running', fail: 'failed', cancel: 'cancelled' },
  completed: {},
  failed: {},
  cancelled: {},
  interrupted: {},
  model_call_limit: {},
});
