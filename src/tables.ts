import { EntitySchema } from 'typeorm';
import { LlmCallSchema } from './modules/models/index.js';
import { ApprovalSchema } from './modules/approvals/index.js';
import { ApiKeySchema } from './modules/auth/index.js';
import { MessageSchema } from './modules/conversations/index.js';
import { JobSchema } from './modules/jobs/index.js';
import { PlanSchema, PlanTransitionSchema, SubtaskSchema } from './modules/plans/index.js';
import { RunSchema, ToolCallSchema } from './modules/runs/index.js';
import { AgentSwitchSchema, SessionSchema } from './modules/sessions/index.js';
import { SynopsisSchema, SynopsisVersionSchema } from './modules/synopses/index.js';
import { EventSchema, EventStreamSchema } from './shared/infrastructure/events/event.row.js';
import { RequestRateSchema } from './shared/infrastructure/persistence/request-rate.row.js';
import { IdempotencyKeySchema } from './shared/infrastructure/persistence/idempotency-key.row.js';

/** Every table of the database. */
export const TABLES: EntitySchema[] = [
  SessionSchema,
  AgentSwitchSchema,
  MessageSchema,
  RunSchema,
  ToolCallSchema,
  LlmCallSchema,
  ApprovalSchema,
  PlanSchema,
  SubtaskSchema,
  PlanTransitionSchema,
  JobSchema,
  SynopsisSchema,
  SynopsisVersionSchema,
  EventSchema,
  EventStreamSchema,
  IdempotencyKeySchema,
  ApiKeySchema,
  RequestRateSchema,
];
