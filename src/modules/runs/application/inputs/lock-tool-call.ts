import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Run } from '../../domain/run.js';
import { ToolCallNotFound } from '../../domain/run.errors.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';

/** Loads a tool call of the user for a change, and locks the run it belongs to. @throws ToolCallNotFound */
export async function lockToolCall(
  tx: Transaction,
  callId: string,
  userId: string,
): Promise<{ call: ToolCall; run: Run }> {
  const calls = tx.get(ToolCallRepository);
  const found = await calls.findOwned(callId, userId);
  if (!found) throw new ToolCallNotFound(callId);
  const run = await tx.get(RunRepository).get(found.snapshot().runId);
  // Read again after the lock: another client may have claimed it.
  return { call: (await calls.find(callId))!, run };
}
