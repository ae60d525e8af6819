import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { MessageRepository, SpokenMessage, messageCompleted } from '../../../conversations/index.js';

/**
 * Appends what an agent has said, and records that it is complete.
 * @param writer who may add to the answers of the run from here on; unset = who might before
 */
export async function appendSpoken(tx: Transaction, message: SpokenMessage, writer?: string): Promise<void> {
  await tx.get(MessageRepository).append(message);
  tx.record(messageCompleted(message, writer));
}
