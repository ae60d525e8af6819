import { NotPrivate } from './access/private-file.js';
import { ConfigInvalid } from './config/config.js';
import { DaemonServes } from './daemon/refuse-beside-daemon.js';
import { explainDatabaseError } from './shared/infrastructure/persistence/database-advice.js';

/** The reason of a failed start in words if it is known, else the error. */
export function explainFailedStart(error: unknown): unknown {
  if ([ConfigInvalid, DaemonServes, NotPrivate].some((known) => error instanceof known)) {
    return (error as Error).message;
  }
  const reason = explainDatabaseError(error);
  return reason === undefined ? error : `Cannot start: ${reason}`;
}
