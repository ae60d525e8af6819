import { Transaction } from '../../../shared/application/unit-of-work.js';
import { LeaseLost } from '../domain/run.errors.js';
import { Run, RunState } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';

/**
 * The run that this process carries out, in order to change it: every write of its owner begins here.
 * @throws LeaseLost when it was taken over since the state was read
 */
export async function held(tx: Transaction, { id, leaseToken }: RunState): Promise<Run> {
  if (leaseToken === null) throw new LeaseLost(id);
  return tx.get(RunRepository).getHeld(id, leaseToken);
}
