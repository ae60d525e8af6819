import { makeHistogramProvider } from '@willsoto/nestjs-prometheus';

export const DELTA_WRITER_METRICS = [
  makeHistogramProvider({
    name: 'event_flush_size',
    help: 'Events written by one flush of the delta writer',
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
  }),
  makeHistogramProvider({
    name: 'event_flush_duration_seconds',
    help: 'How long a flush of the delta writer takes',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  }),
];
