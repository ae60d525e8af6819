import { EntitySchema } from 'typeorm';
import { Message } from '../domain/message.js';

export type MessageRow = Message;

export const MessageSchema = new EntitySchema<MessageRow>({
  name: 'message',
  tableName: 'messages',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    position: { type: 'integer' },
    runId: { type: 'uuid', nullable: true },
    subtaskId: { type: 'uuid', nullable: true },
    jobId: { type: 'uuid', nullable: true },
    role: { type: 'text' },
    agent: { type: 'text', nullable: true },
    content: { type: 'text' },
    toolCalls: { type: 'jsonb', default: [] },
    callId: { type: 'uuid', nullable: true },
    suggestions: { type: 'jsonb', nullable: true },
    finishReason: { type: 'text', nullable: true },
    usage: { type: 'jsonb', nullable: true },
    reasoning: { type: 'jsonb', nullable: true },
    truncated: { type: 'integer', nullable: true },
    note: { type: 'text', nullable: true },
    parts: { type: 'jsonb', nullable: true },
    tokens: { type: 'integer', nullable: true },
    createdAt: { type: 'timestamptz' },
  },
  foreignKeys: [
    {
      name: 'messages_session_fk',
      target: 'session',
      columnNames: ['sessionId'],
      referencedColumnNames: ['id'],
    },
  ],
  indices: [
    { name: 'messages_call_id', columns: ['callId'], unique: true, where: '(call_id IS NOT NULL)' },
    {
      name: 'messages_main',
      columns: ['sessionId', 'position'],
      where: '((subtask_id IS NULL) AND (job_id IS NULL))',
    },
    { name: 'messages_subtask', columns: ['subtaskId', 'position'], where: '(subtask_id IS NOT NULL)' },
    { name: 'messages_job', columns: ['jobId', 'position'], where: '(job_id IS NOT NULL)' },
  ],
  uniques: [{ name: 'messages_position', columns: ['sessionId', 'position'] }],
  checks: [
    { name: 'messages_role', expression: `role IN ('user', 'assistant', 'tool', 'system')` },
    { name: 'messages_answer', expression: `(role = 'tool') = (call_id IS NOT NULL)` },
  ],
});
