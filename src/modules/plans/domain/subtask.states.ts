import { StateMachine } from '../../../shared/domain/state-machine.js';

export const SUBTASK_STATUSES = ['pending', 'running', 'done', 'failed', 'skipped'] as const;

export type SubtaskStatus = (typeof SUBTASK_STATUSES)[number];

export type SubtaskAction = 'start' | 'finish' | 'fail' | 'retry' | 'skip';

/** `skipped`: its plan ended before its turn; a plan that is retried gives it another turn. */
export const subtaskStatus = new StateMachine<SubtaskStatus, SubtaskAction>({
  pending: { start: 'running', skip: 'skipped' },
  running: { finish: 'done', fail: 'failed' },
  done: {},
  failed: { retry: 'pending' },
  skipped: { retry: 'pending' },
});
