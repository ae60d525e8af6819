import { PromptThread } from '../../conversations/index.js';

/** What threads were told beside the contents of their messages, inside a unit of work. */
export abstract class ThreadNotes {
  /** Those of some texts that no answer of a tool has brought to the thread since its checkpoint, in their order. */
  abstract untold(sessionId: string, thread: PromptThread, texts: readonly string[]): Promise<string[]>;
}
