import type { AgentRuntime, Job, RuntimeEvent, Session } from '@agent-runtime/client';
import type { Human } from '../src/ide/human.ts';
import { LentOnScreen } from '../src/ide/lent-on-screen.ts';
import type { Screen } from '../src/ide/screen.ts';
import type { WorkspaceTools } from '../src/ide/workspace-tools.ts';
import type { Connection } from './connection.ts';
import { Witness } from './witness.ts';

/** What a job comes to in the end. */
const ENDED: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled']);

interface Asking {
  /** Breaks the connection once, when this many characters of a message were seen. */
  readonly leaveAfter?: number;
}

/** What an IDE consists of, beside its side of the session. */
export interface Parts {
  readonly runtime: AgentRuntime;
  readonly connection: Connection;
  readonly tools: WorkspaceTools;
  readonly human: Human;
  readonly screen: Screen;
}

/** The IDE's side of a session: what it lends (tools, a human who decides), and the screen that shows what happens. */
export class Ide {
  readonly witness = new Witness();
  readonly #session: Session;
  readonly #parts: Parts;
  readonly #lent: LentOnScreen;

  constructor(session: Session, parts: Parts) {
    this.#session = session;
    this.#parts = parts;
    const { tools, human, screen } = parts;
    this.#lent = new LentOnScreen({
      tools: tools.byName,
      human,
      screen,
      onOutcome: (callId, outcome) => this.witness.noteToolAnswer(callId, outcome),
    });
  }

  /** Sends a task and stays with it until its run is finished. */
  async ask(content: string, { leaveAfter = Infinity }: Asking = {}): Promise<void> {
    const { runtime, connection, screen } = this.#parts;
    const sentAt = performance.now();
    let firstTokenMs: number | undefined;
    let leaveAt = leaveAfter;
    const { onApproval, onPlan, onUnknownTool, tools } = this.#lent;
    const outcome = await runtime.ask(this.#session.id, content, {
      tools,
      onUnknownTool,
      onApproval,
      onPlan,
      onEvent: (event) => {
        this.#show(event);
        if (event.type !== 'message.delta') return;
        firstTokenMs ??= performance.now() - sentAt;
        if (this.witness.lengthOf(event.data.message_id) < leaveAt) return;
        leaveAt = Infinity;
        screen.note(`the connection breaks in the middle of the answer, after event ${event.id}`);
        connection.cut();
      },
    });
    screen.runFinished(outcome, { firstTokenMs, totalMs: performance.now() - sentAt });
  }

  /** Has the synopsis made in the background. */
  async summarise(): Promise<void> {
    const { runtime, screen } = this.#parts;
    const { id } = this.#session;
    await this.#watch(() => runtime.synopses.request(id));
    screen.synopsis(await runtime.synopses.get(id));
  }

  /** Has what the agent is told of old messages replaced by a checkpoint, in the background. */
  async compact(): Promise<void> {
    await this.#watch(() => this.#parts.runtime.context.compact(this.#session.id));
  }

  /** Watches a job until it has ended. */
  async #watch(request: () => Promise<Job>): Promise<void> {
    const { runtime, screen } = this.#parts;
    const { id, last_event_id: after } = await runtime.sessions.get(this.#session.id);
    const { job_id: jobId } = await request();
    for await (const event of runtime.events(id, { after })) {
      this.#show(event);
      if (event.type !== 'job.status_changed' || event.data.job_id !== jobId) continue;
      screen.job(event.data);
      if (ENDED.has(event.data.status)) return;
    }
  }

  #show(event: RuntimeEvent): void {
    this.#lent.show(event, this.witness.note(event));
  }
}
