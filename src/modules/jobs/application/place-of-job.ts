import { Place, placeOf } from '../../../shared/application/trace-context.js';
import { JobState } from '../domain/job.js';

/** The place of a job in its trace. For jobs stored by an older version only the trace is known. */
export function placeOfJob({ id, traceId, traceparent }: JobState): Place {
  const { context, parentSpanId } = placeOf({ id, traceparent });
  return { context: { ...context, traceId }, parentSpanId };
}
