import { EntitySchema } from 'typeorm';
import { Steer } from '../domain/steer.js';

export const SteerSchema = new EntitySchema<Steer>({
  name: 'steer',
  tableName: 'steers',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    runId: { type: 'uuid' },
    content: { type: 'text' },
    createdAt: { type: 'timestamptz' },
  },
  foreignKeys: [
    { name: 'steers_run_fk', target: 'run', columnNames: ['runId'], referencedColumnNames: ['id'] },
  ],
  indices: [
    { name: 'steers_run', columns: ['runId'] },
    { name: 'steers_session', columns: ['sessionId'] },
  ],
});
