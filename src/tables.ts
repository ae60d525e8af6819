import { EntitySchema } from 'typeorm';
import { MessageSchema } from './modules/conversations/index.js';
import { LlmCallSchema, RunSchema, ToolCallSchema } from './modules/runs/index.js';
import { AgentSwitchSchema, SessionSchema } from './modules/sessions/index.js';
import { EventSchema, EventStreamSchema } from './shared/infrastructure/events/event.row.js';

/** Every table of the database. */
export const TABLES: EntitySchema[] = [
  SessionSchema,
  AgentSwitchSchema,
  MessageSchema,
  RunSchema,
  ToolCallSchema,
  LlmCallSchema,
  EventSchema,
  EventStreamSchema,
];
