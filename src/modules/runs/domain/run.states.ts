import { StateMachine } from '../../../shared/domain/state-machine.js';

export const FINAL_RUN_STATUSES = [
  'completed',
  'failed',
  'cancelled',
  'interrupted',
  'model_call_limit',
] as const;
export const RUN_STATUSES = ['queued', 'running', 'waiting', ...FINAL_RUN_STATUSES] as const;

export type FinalRunStatus = (typeof FINAL_RUN_STATUSES)[number];
export type RunStatus = (typeof RUN_STATUSES)[number];

/** The actions that end a run, and the resulting status. */
export const RUN_ENDINGS = {
  complete: 'completed',
  fail: 'failed',
  cancel: 'cancelled',
  interrupt: 'interrupted',
  exhaust_model_calls: 'model_call_limit',
} as const satisfies Record<string, FinalRunStatus>;

export type RunEnding = keyof typeof RUN_ENDINGS;
export type RunAction = 'start' | 'wait' | 'resume' | RunEnding;

/** `waiting`: for the client; such a run occupies no process. */
export const runStatus = new StateMachine<RunStatus, RunAction>({
  queued: { start: 'running', cancel: 'cancelled' },
  running: { wait: 'waiting', ...RUN_ENDINGS },
  waiting: { resume: 'running', fail: 'failed', cancel: 'cancelled' },
  completed: {},
  failed: {},
  cancelled: {},
  interrupted: {},
  model_call_limit: {},
});
