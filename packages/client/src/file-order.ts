import type { RuntimeEvent } from './events.ts';
import type { ToolCall } from './tools.ts';
import type { ToolResult } from './types.gen.ts';
import { Line } from './waiting.ts';

/** Lets the calls of one reply that change one file follow each other, whichever is allowed first. */
export class FileOrder {
  /** The calls that are asked about or requested; aborted when they are settled. */
  readonly #open = new Map<string | undefined, Line>();
  readonly #brought = new Map<string, ToolResult['file']>();

  note({ type, data }: RuntimeEvent): void {
    const { call_id: id } = type === 'approval.requested' ? data.approval : (data as Partial<ToolCall>);
    if (type === 'tool_call.settled') this.#open.get(id)?.abort();
    else if (!this.#open.has(id)) this.#open.set(id, new Line());
  }

  /** Waits until the call before is settled. @returns the call, which expects the hash that this one has brought */
  async turnOf(call: ToolCall, signal: AbortSignal): Promise<ToolCall> {
    const earlier = this.#open.get(call.after ?? '');
    if (earlier && !earlier.signal.aborted) {
      await new Promise((done) => {
        earlier.signal.addEventListener('abort', done);
        signal.addEventListener('abort', done);
      });
    }
    signal.throwIfAborted();
    const file = this.#brought.get(call.after ?? '');
    return file && file.path === call.arguments['path'] ? { ...call, expected_hash: file.hash } : call;
  }

  bring(callId: string, file: ToolResult['file']): void {
    this.#brought.set(callId, file);
  }
}
