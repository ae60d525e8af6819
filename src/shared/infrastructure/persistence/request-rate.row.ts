import { EntitySchema } from 'typeorm';

/** How many requests of a user have come in the present window. */
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
