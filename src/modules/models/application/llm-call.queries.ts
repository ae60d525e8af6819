import { CallUsage } from '../../../shared/domain/token-usage.js';

/** What the calls of a job have used. */
export interface JobUsage extends CallUsage {
  /** Of the calls: those whose process died before it knew what they have used. */
  readonly unknownCalls: number;
}

/** The ledger of calls, for display. */
export abstract class LlmCallQueries {
  /** Sums up the calls of all attempts of a job; also failed calls count, with the tokens that are known of them. */
  abstract usageOfJob(jobId: string): Promise<JobUsage>;
  /** The calls of all attempts of a job. */
  abstract idsOfJob(jobId: string): Promise<string[]>;
}
