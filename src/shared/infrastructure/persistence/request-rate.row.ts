import { EntitySchema } from 'typeorm';

/** The number of requests of a user in the current window. */
export interface RequestRateRow {
  readonly userId: string;
  readonly requests: number;
  readonly windowEndsAt: Date;
}

export const RequestRateSchema = new EntitySchema<RequestRateRow>({
  name: 'request_rate',
  tableName: 'request_rates',
  columns: {
    userId: { type: 'text', primary: true },
    requests: { type: 'integer' },
    windowEndsAt: { type: 'timestamptz' },
  },
});
