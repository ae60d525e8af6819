import { EntitySchema } from 'typeorm';
import { JsonObject } from '../../domain/json.js';

export interface EventRow {
  sessionId: string;
  seq: number;
  runId: string | null;
  type: string;
  data: JsonObject;
  createdAt: Date;
}

/** Spelled as PostgreSQL returns the condition, so that comparing the schema finds no difference. */
export const SETTLED_MESSAGE = `(type = ANY (ARRAY['message.completed'::text, 'message.discarded'::text]))`;

export const EventSchema = new EntitySchema<EventRow>({
  name: 'event',
  tableName: 'events',
  columns: {
    sessionId: { type: 'uuid', primary: true },
    seq: { type: 'bigint', primary: true },
    runId: { type: 'uuid', nullable: true },
    type: { type: 'text' },
    data: { type: 'json' }, // not jsonb: readers of the log get the same text as live readers
    createdAt: { type: 'timestamptz' },
  },
  // No foreign key to event_streams: appending joins it anyway, and the check would cost every delta.
  indices: [
    {
      // For PreviousDeltas.
      name: 'events_settled_messages',
      columns: ['createdAt', 'sessionId', 'seq'],
      where: SETTLED_MESSAGE,
    },
  ],
});

export interface EventStreamRow {
  sessionId: string;
  lastSeq: number;
  /** Numbers up to here may have been shown, even if PostgreSQL lost them in a crash. */
  reservedSeq: number;
  /** By run, the lease token whose deltas are accepted. */
  writers: Record<string, string>;
}

export const EventStreamSchema = new EntitySchema<EventStreamRow>({
  name: 'event_stream',
  tableName: 'event_streams',
  columns: {
    sessionId: { type: 'uuid', primary: true },
    lastSeq: { type: 'bigint', default: 0 },
    reservedSeq: { type: 'bigint', default: 0 },
    writers: { type: 'jsonb', default: {} },
  },
});
