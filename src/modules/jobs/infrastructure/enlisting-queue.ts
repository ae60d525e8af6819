import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Delivery } from '../application/job-queue.js';

/** A queue that lives in the same database: a message to it can be part of the transaction that stores its job. */
export abstract class EnlistingQueue {
  abstract enlist(context: Pick<RepositoryContext, 'write'>, delivery: Delivery): void;
}
