import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { MessageRepository, SpokenMessage, messageCompleted } from '../../../conversations/index.js';

/**
 * Appends a message of an agent, and records that it is complete.
 * @param writer the token whose deltas are accepted from here on; unset = unchanged
 */
export async function appendSpoken(tx: Transaction, message: SpokenMessage, writer?: string): Promise<void> {
  await tx.get(MessageRepository).append(message);
  tx.record(messageCompleted(message, writer));
}
