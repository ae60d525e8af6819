import type { DataOf, Session, SessionEvent } from './api.ts';
import type { IdeClient } from './ide-client.ts';
import type { Screen } from './screen.ts';
import { Transcript } from './transcript.ts';
import type { WorkspaceTools } from './workspace-tools.ts';

interface Asking {
  /** Breaks the connection once, when this many characters of a message were seen. */
  readonly leaveAfter?: number;
}

/** The IDE's side of a session: shows what happens, and carries out the tool calls that the server asks for. */
export class Ide {
  readonly transcript = new Transcript();
  readonly #client: IdeClient;
  readonly #session: Session;
  readonly #tools: WorkspaceTools;
  readonly #screen: Screen;
  readonly #events: AsyncGenerator<SessionEvent, never>;

  constructor(client: IdeClient, session: Session, tools: WorkspaceTools, screen: Screen) {
    this.#client = client;
    this.#session = session;
    this.#tools = tools;
    this.#screen = screen;
    this.#events = client.events(session.id, (after) =>
      screen.note(`back again, with Last-Event-ID: ${after}. What was missed comes first:`),
    );
  }

  /** Sends a task and stays with it until its run is finished. */
  async ask(content: string, { leaveAfter = Infinity }: Asking = {}): Promise<void> {
    this.#screen.user(content);
    const sentAt = performance.now();
    let firstTokenMs: number | undefined;
    let leaveAt = leaveAfter;
    const { run } = await this.#client.send(this.#session.id, { type: 'user_message', content });
    for (;;) {
      const { value: event } = await this.#events.next();
      await this.#take(event);
      if (event.type === 'message.delta') {
        firstTokenMs ??= performance.now() - sentAt;
        if (this.transcript.lengthOf(event.data.message_id) >= leaveAt) {
          leaveAt = Infinity;
          this.#screen.note(`the connection breaks in the middle of the answer, after event ${event.id}`);
          this.#client.disconnect();
        }
      }
      if (event.type === 'run.finished' && event.run_id === run?.id) {
        this.#screen.runFinished(event.data, { firstTokenMs, totalMs: performance.now() - sentAt });
        return;
      }
    }
  }

  async #take(event: SessionEvent): Promise<void> {
    this.#screen.text(this.transcript.note(event));
    if (event.type === 'agent.switched') this.#screen.handOver(event.data);
    if (event.type === 'message.started') this.#screen.speaks(event.data.agent);
    if (event.type === 'message.discarded') this.#screen.note(`forget that: ${event.data.reason}`);
    if (event.type === 'tool_call.requested') await this.#execute(event.data);
  }

  async #execute(call: DataOf<'tool_call.requested'>): Promise<void> {
    this.#screen.toolCall(call.tool_name, call.arguments);
    const startedAt = performance.now();
    const outcome = await this.#tools.execute(call.tool_name, call.arguments);
    this.#screen.toolOutcome(outcome, performance.now() - startedAt);
    this.transcript.noteToolAnswer(call.call_id, outcome);
    await this.#client.send(this.#session.id, { type: 'tool_result', call_id: call.call_id, ...outcome });
  }
}
