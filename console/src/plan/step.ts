import type { PlanRecord } from '@agent-runtime/client';

export type Step = PlanRecord['subtasks'][number];
