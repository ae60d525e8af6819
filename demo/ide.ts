import {
  type CallApproval,
  type DataOf,
  type Job,
  type Plan,
  type Session,
  type SessionEvent,
  type Subtask,
  isOfCall,
} from './api.ts';
import { deliver } from './deliver.ts';
import type { Human } from './human.ts';
import { type IdeClient, Refused } from './ide-client.ts';
import type { Screen } from './screen.ts';
import { Transcript } from './transcript.ts';
import type { WorkspaceTools } from './workspace-tools.ts';

const BAD_REQUEST = 400;
/** What a job comes to in the end. */
const ENDED: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled']);

interface Asking {
  /** Breaks the connection once, when this many characters of a message were seen. */
  readonly leaveAfter?: number;
}

/** What an IDE consists of, beside its side of the session. */
export interface Parts {
  readonly client: IdeClient;
  readonly tools: WorkspaceTools;
  readonly human: Human;
  readonly screen: Screen;
}

/**
 * The IDE's side of a session: shows what happens, asks its human what the server wants decided, and carries out the
 * tool calls that the server asks for.
 */
export class Ide {
  readonly transcript = new Transcript();
  readonly #session: Session;
  readonly #client: IdeClient;
  readonly #tools: WorkspaceTools;
  readonly #human: Human;
  readonly #screen: Screen;
  readonly #events: AsyncGenerator<SessionEvent, never>;
  readonly #subtasks = new Map<string, Subtask>();
  /** The plan that the human is to decide on as soon as the run waits for it. */
  #inReview: Plan | undefined;

  constructor(session: Session, { client, tools, human, screen }: Parts) {
    this.#session = session;
    this.#client = client;
    this.#tools = tools;
    this.#human = human;
    this.#screen = screen;
    this.#events = client.events(session.id, (after) =>
      screen.note(`back again, with Last-Event-ID: ${after}. What was missed comes first:`),
    );
  }

  /** Sends a task and stays with it until its run is finished. */
  async ask(content: string, { leaveAfter = Infinity }: Asking = {}): Promise<void> {
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

  /** Has the synopsis made in the background. */
  async summarise(): Promise<void> {
    await this.#watch(await this.#client.requestSynopsis(this.#session.id));
    this.#screen.synopsis(await this.#client.synopsis(this.#session.id));
  }

  /** Has what the agent is told of old messages replaced by a checkpoint, in the background. */
  async compact(): Promise<void> {
    await this.#watch(await this.#client.requestCompaction(this.#session.id));
  }

  /** Watches a job until it has ended. */
  async #watch({ job_id: jobId }: Job): Promise<void> {
    for (;;) {
      const { value: event } = await this.#events.next();
      await this.#take(event);
      if (event.type !== 'job.status_changed' || event.data.job_id !== jobId) continue;
      this.#screen.job(event.data);
      if (ENDED.has(event.data.status)) return;
    }
  }

  async #take(event: SessionEvent): Promise<void> {
    this.#screen.text(this.transcript.note(event));
    if (event.type === 'run.phase_changed') this.#screen.phase(event.data);
    if (event.type === 'agent.switched') this.#screen.handOver(event.data);
    if (event.type === 'message.started') this.#screen.speaks(event.data.agent);
    if (event.type === 'message.reasoning_delta') this.#screen.thought(event.data.text);
    if (event.type === 'message.discarded') this.#screen.note(`forget that: ${event.data.reason}`);
    if (event.type === 'plan.approval_required') this.#showPlan(event.data.plan);
    if (event.type === 'run.waiting') await this.#decideOnPlan();
    if (event.type === 'subtask.status_changed') this.#showSubtask(event.data);
    if (event.type === 'approval.requested' && isOfCall(event.data.approval)) {
      await this.#decideOnCall(event.data.approval);
    }
    if (event.type === 'tool_call.requested') await this.#execute(event.data);
    if (event.type === 'context.compacted') this.#screen.compacted(event.data);
  }

  #showPlan(plan: Plan): void {
    for (const subtask of plan.subtasks) this.#subtasks.set(subtask.id, subtask);
    this.#screen.plan(plan);
    this.#inReview = plan;
  }

  async #decideOnPlan(): Promise<void> {
    const plan = this.#inReview;
    if (!plan) return;
    this.#inReview = undefined;
    const verdict = await this.#human.decideOnPlan(plan);
    await this.#client.send(this.#session.id, {
      type: 'plan_decision',
      plan_id: plan.id,
      version: plan.version,
      ...verdict,
    });
  }

  #showSubtask(change: DataOf<'subtask.status_changed'>): void {
    const subtask = this.#subtasks.get(change.subtask_id);
    if (subtask) this.#screen.subtask(subtask, change);
  }

  async #decideOnCall(approval: CallApproval): Promise<void> {
    this.#screen.approval(approval);
    for (let refusal: string | undefined; ;) {
      const verdict = await this.#human.decideOnCall(approval, refusal);
      try {
        const { call_id } = approval;
        await this.#client.send(this.#session.id, { type: 'hitl_decision', call_id, ...verdict });
        return;
      } catch (error) {
        // Arguments that a human has edited are checked like a model's.
        if (!(error instanceof Refused && error.status === BAD_REQUEST)) throw error;
        refusal = error.reason;
      }
    }
  }

  async #execute(call: DataOf<'tool_call.requested'>): Promise<void> {
    this.#screen.toolCall(call.tool_name, call.arguments);
    const startedAt = performance.now();
    const outcome = await this.#tools.execute(call.tool_name, call.arguments);
    this.#screen.toolOutcome(outcome, performance.now() - startedAt);
    const sent = await deliver(outcome, (answer) =>
      this.#client.send(this.#session.id, { type: 'tool_result', call_id: call.call_id, ...answer }),
    );
    this.transcript.noteToolAnswer(call.call_id, sent);
  }
}
