import { TokenUsage } from '../../../shared/domain/token-usage.js';

/** What calls to models have used. */
export interface CallUsage extends TokenUsage {
  readonly modelCalls: number;
}

/** The ledger of calls, for display. */
export abstract class LlmCallQueries {
  /** Sums up the calls of all attempts of a job; also failed calls count, with the tokens that are known of them. */
  abstract usageOfJob(jobId: string): Promise<CallUsage>;
  /** The calls of all attempts of a job. */
  abstract idsOfJob(jobId: string): Promise<string[]>;
}
