import { EntityManager } from 'typeorm';
import { Delivery } from '../application/job-queue.js';

/** A queue that lives in the same database: a message to it can be part of the transaction that stores its job. */
export abstract class EnlistingQueue {
  abstract enlist(manager: EntityManager, delivery: Delivery): Promise<void>;
}
