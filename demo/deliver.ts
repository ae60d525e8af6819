import type { ToolOutcome } from './api.ts';
import { Refused } from './ide-client.ts';

/** The server does not take the body: it is invalid or too large. */
const UNACCEPTABLE: ReadonlySet<number> = new Set([400, 413]);

/**
 * Sends what came of a tool call. An outcome that the server does not take is reported as an error of the tool: without
 * any, the run would wait until the deadline of the call.
 * @returns the outcome that was sent
 */
export async function deliver(
  outcome: ToolOutcome,
  send: (outcome: ToolOutcome) => Promise<unknown>,
): Promise<ToolOutcome> {
  try {
    await send(outcome);
    return outcome;
  } catch (error) {
    if (!(error instanceof Refused && UNACCEPTABLE.has(error.status))) throw error;
    const failure = { error: `The answer of the tool could not be delivered: ${error.reason}` };
    await send(failure);
    return failure;
  }
}
