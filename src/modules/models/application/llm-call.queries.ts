/** What calls to models have used. */
export interface CallUsage {
  readonly modelCalls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** The ledger of calls, for display. */
export abstract class LlmCallQueries {
  /** Sums up the calls of all attempts of a job; also failed calls count, with the tokens their provider reported. */
  abstract usageOfJob(jobId: string): Promise<CallUsage>;
}
