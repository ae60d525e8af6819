import { ConfigInvalid } from './config/config.js';
import { explainDatabaseError } from './shared/infrastructure/persistence/database-advice.js';

/** The reason of a failed start in words if it is known, else the error. */
export function explainFailedStart(error: unknown): unknown {
  if (error instanceof ConfigInvalid) return error.message;
  const reason = explainDatabaseError(error);
  return reason === undefined ? error : `Cannot start: ${reason}`;
}
