import { CallUsageView } from '../../../shared/domain/token-usage.js';
import { RunPhase } from './run-phase.states.js';
import { WaitingFor } from './run-state.js';
import { FinalRunStatus } from './run.states.js';

export interface RunEvents {
  'run.started': { agent: string; trigger: string };
  /** `event`: the cause of the transition, a key of the transition table. */
  'run.phase_changed': { from: RunPhase; to: RunPhase; event: string; reason?: string };
  /** `reason`: the code of the failure of `from`. */
  'model.switched': { from: string; to: string; reason: string };
  'run.waiting': { for: WaitingFor[] };
  'run.resumed': { by: string };
  /** Exactly once per run, as its last event. */
  'run.finished': {
    status: FinalRunStatus;
    error?: { code: string; message: string; retry_at?: string; provider_code?: string };
    usage: CallUsageView;
    unknown_calls: number;
    duration_ms: number;
  };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends RunEvents {}
}
