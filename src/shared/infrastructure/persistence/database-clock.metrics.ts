import { makeGaugeProvider } from '@willsoto/nestjs-prometheus';

export const CLOCK_OFFSET = 'clock_offset_seconds';

export const DATABASE_CLOCK_METRICS = [
  makeGaugeProvider({
    name: CLOCK_OFFSET,
    help: 'How far the clock of this process is ahead of the database’s',
  }),
];
