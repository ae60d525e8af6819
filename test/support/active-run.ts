import { ModelChoice } from '../../src/modules/runs/domain/answering.js';
import { Activation, Run } from '../../src/modules/runs/domain/run.js';

export const NOW = new Date('2026-11-20T10:00:00Z');
export const LEASE = { owner: 'p', token: 't' };

const NO_CHOICE: ModelChoice = { model: null, reasoningEffort: null };

export const queuedRun = (choice = NO_CHOICE): Run =>
  Run.create({
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    id: 'r',
    sessionId: 's',
    userId: 'u',
    agent: 'coder',
    choice,
    trigger: 'user_message',
    input: { content: 'Hi', agent: null },
    now: NOW,
  });

/** A run that this process executes under LEASE. */
export function runningRun(entry: Activation['entry'] = 'receive_directed_message'): Run {
  const run = queuedRun();
  run.activate({
    agent: { id: 'coder', version: 1, model: null },
    choice: NO_CHOICE,
    entry,
    lease: LEASE,
    now: NOW,
  });
  return run;
}
