import { CallUsage } from '../../../shared/domain/token-usage.js';

/** The ledger of calls, for display. */
export abstract class LlmCallQueries {
  /** Sums up the calls of all attempts of a job; also failed calls count, with the tokens that are known of them. */
  abstract usageOfJob(jobId: string): Promise<CallUsage>;
  /** The calls of all attempts of a job. */
  abstract idsOfJob(jobId: string): Promise<string[]>;
}
