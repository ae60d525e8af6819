import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Delivery } from '../application/job-queue.js';

/** A queue in the same database, whose messages can be part of the transaction that stores the job. */
export abstract class TransactionalQueue {
  abstract enlist(context: Pick<RepositoryContext, 'write'>, delivery: Delivery): void;
}
