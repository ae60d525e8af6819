import { type AgentContext, type SessionUpdate, methods } from '@agentclientprotocol/sdk';

/** What an editor is shown of one session. */
export class EditorView {
  readonly #client: AgentContext;
  readonly #sessionId: string;

  constructor(client: AgentContext, sessionId: string) {
    this.#client = client;
    this.#sessionId = sessionId;
  }

  async show(updates: readonly SessionUpdate[]): Promise<void> {
    for (const update of updates) {
      await this.#client.notify(methods.client.session.update, { sessionId: this.#sessionId, update });
    }
  }

  /** For what stands in no order to anything else. */
  announce(updates: readonly SessionUpdate[]): void {
    this.show(updates).catch((error: unknown) => console.error(`Not shown: ${String(error)}`));
  }

  /** Words of the bridge itself. */
  async say(text: string): Promise<void> {
    const content = { type: 'text', text: `${text}\n` } as const;
    await this.show([{ sessionUpdate: 'agent_message_chunk', messageId: crypto.randomUUID(), content }]);
  }
}
