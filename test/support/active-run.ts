import { Activation, Run } from '../../src/modules/runs/domain/run.js';

export const NOW = new Date('2026-11-20T10:00:00Z');
export const LEASE = { owner: 'p', token: 't' };

export const queuedRun = (): Run =>
  Run.create({
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    id: 'r',
    sessionId: 's',
    userId: 'u',
    agent: 'coder',
    trigger: 'user_message',
    input: { content: 'Hi', agent: null },
    now: NOW,
  });

/** A run that this process executes under LEASE. */
export function runningRun(entry: Activation['entry'] = 'receive_directed_message'): Run {
  const run = queuedRun();
  run.activate({ agent: 'coder', entry, lease: LEASE, now: NOW });
  return run;
}
