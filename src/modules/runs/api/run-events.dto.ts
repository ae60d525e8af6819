import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { CALL_USAGE_EXAMPLE, CallUsageDto, UNKNOWN_CALLS } from '../../../shared/api/token-usage.dto.js';
import { RUN_PHASES } from '../domain/run-phase.states.js';
import { FINAL_RUN_STATUSES } from '../domain/run.states.js';
import { RunErrorDto, WaitingForDto } from './runs.dto.js';

export const RunStartedDto = eventDto(
  'run.started',
  'A run begins',
  z.object({ agent: z.string(), trigger: z.string() }),
  { agent: 'orchestrator', trigger: 'user_message' },
);

export const RunPhaseChangedDto = eventDto(
  'run.phase_changed',
  'The orchestration went on to another phase',
  z.object({
    from: z.enum(RUN_PHASES),
    to: z.enum(RUN_PHASES),
    event: z.string(),
    reason: z.string().optional(),
  }),
  { from: 'classify', to: 'execution', event: 'is_atomic_true', reason: 'one file' },
);

export const ModelSwitchedDto = eventDto(
  'model.switched',
  'Another model answers for the rest of the run, since the one before has failed',
  z.object({ from: z.string(), to: z.string(), reason: z.string().describe('The code of the failure') }),
  { from: 'gpt-5-mini', to: 'claude-sonnet', reason: 'model.server_error' },
);

export const RunWaitingDto = eventDto(
  'run.waiting',
  'Nothing goes on until the client has answered all of this',
  z.object({ for: WaitingForDto }),
  { for: [{ kind: 'tool_result', id: '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b' }] },
);

export const RunResumedDto = eventDto('run.resumed', 'The run goes on', z.object({ by: z.string() }), {
  by: 'tool_result',
});

export const RunFinishedDto = eventDto(
  'run.finished',
  'The end of a run: exactly one per run, and always its last event',
  z.object({
    status: z.enum(FINAL_RUN_STATUSES),
    error: RunErrorDto.optional(),
    usage: CallUsageDto,
    unknown_calls: UNKNOWN_CALLS,
    duration_ms: z.int(),
  }),
  {
    status: 'completed',
    usage: CALL_USAGE_EXAMPLE,
    unknown_calls: 0,
    duration_ms: 5120,
  },
);
