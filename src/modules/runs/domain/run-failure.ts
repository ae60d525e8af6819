import { MAX_RECOVERIES } from '../../../shared/domain/lease.js';
import { MAX_SWITCHES } from './answering.js';

/** Why a run failed. The message may be shown to clients. */
export type RunError = {
  code: string;
  message: string;
  /** When it makes sense to ask the model again, if that is known: ISO 8601. */
  retryAt?: string;
  /** The provider's name of the failure: at most 64 characters of `[a-z0-9_.-]`. */
  providerCode?: string;
};

export const INTERNAL_ERROR: RunError = {
  code: 'run.internal_error',
  message: 'The run failed inside the server',
};
export const PERSISTENCE_FAILED: RunError = {
  code: 'run.persistence_failed',
  message: 'The outcome of the run could not be stored',
};
export const RECOVERY_EXHAUSTED: RunError = {
  code: 'run.recovery_exhausted',
  message: `The server process died ${MAX_RECOVERIES + 1} times while executing this step`,
};
export const SWITCH_LIMIT: RunError = {
  code: 'agent.switch_limit',
  message: `The agent was switched more than ${MAX_SWITCHES} times in one run`,
};
export const ARGUMENTS_INVALID: RunError = {
  code: 'tool.arguments_invalid',
  message: 'The model kept calling tools with invalid arguments',
};

/** An error as clients see it. */
export const errorView = ({ code, message, retryAt, providerCode }: RunError) => ({
  code,
  message,
  ...(retryAt !== undefined && { retry_at: retryAt }),
  ...(providerCode !== undefined && { provider_code: providerCode }),
});
