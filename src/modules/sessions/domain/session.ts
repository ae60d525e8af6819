import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { SessionArchived } from './session.errors.js';
import { SessionEvents } from './session.events.js';

export interface SessionState {
  readonly id: string;
  readonly userId: string;
  readonly title: string;
  /** The current agent. */
  readonly agent: string;
  /** Whether the user chose the current agent: classification then does not replace it. */
  readonly agentChosenByUser: boolean;
  /** The id of the model that the user chose for the answers; it may be gone. Null = none. */
  readonly model: string | null;
  /** How much the user wants models to reason; null = nothing said. */
  readonly reasoningEffort: string | null;
  readonly metadata: JsonObject;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly archivedAt: Date | null;
  readonly deletedAt: Date | null;
  readonly version: number;
}

/** A permanent record of one change of the current agent. */
export interface AgentSwitch {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly confidence: string | null;
  /** Null for a switch outside a run. */
  readonly runId: string | null;
  readonly createdAt: Date;
}

/** A user's conversation about a workspace. */
export class Session extends AggregateRoot {
  #switches: AgentSwitch[] = [];

  private constructor(private state: SessionState) {
    super();
  }

  static create(given: {
    id: string;
    userId: string;
    title: string;
    agent: string;
    agentChosenByUser: boolean;
    model: string | null;
    reasoningEffort: string | null;
    metadata: JsonObject;
    now: Date;
  }): Session {
    const { now, ...rest } = given;
    return new Session({
      ...rest,
      createdAt: now,
      updatedAt: now,
      archivedAt: null,
      deletedAt: null,
      version: 1,
    });
  }

  static restore(state: SessionState): Session {
    return new Session(state);
  }

  snapshot(): SessionState {
    return this.state;
  }

  get id(): string {
    return this.state.id;
  }

  get agent(): string {
    return this.state.agent;
  }

  get agentChosenByUser(): boolean {
    return this.state.agentChosenByUser;
  }

  rename(title: string, now: Date): void {
    this.change({ title }, now);
  }

  /** Holds from the next run on. Null takes the choice back. */
  chooseModel(choice: Pick<SessionState, 'model' | 'reasoningEffort'>, now: Date): void {
    this.change(choice, now);
  }

  archive(now: Date): void {
    if (!this.state.archivedAt) this.change({ archivedAt: now }, now);
  }

  unarchive(now: Date): void {
    this.change({ archivedAt: null }, now);
  }

  /** Hides the session from clients; its rows stay. */
  delete(now: Date): void {
    this.change({ deletedAt: now }, now);
  }

  /** Makes an agent current. A switch is recorded only if the agent changes; the user's choice is always kept. */
  handOver(given: AgentSwitch & { by: 'user' | 'runtime' }): void {
    const { by, ...change } = given;
    this.change({ agent: change.to, agentChosenByUser: by === 'user' }, change.createdAt);
    if (change.from === change.to) return;
    this.#switches.push(change);
    const { from, to, reason, confidence } = change;
    this.record<keyof SessionEvents>({
      type: 'agent.switched',
      sessionId: this.id,
      runId: change.runId,
      data: { from, to, reason, ...(confidence && { confidence }) },
    });
  }

  /** The switches since the last call, oldest first. */
  pullSwitches(): AgentSwitch[] {
    const switches = this.#switches;
    this.#switches = [];
    return switches;
  }

  /** @throws SessionArchived since an archived session takes no new messages */
  requireOpen(): void {
    if (this.state.archivedAt) throw new SessionArchived(this.id);
  }

  private change(part: Partial<SessionState>, now: Date): void {
    this.state = { ...this.state, ...part, updatedAt: now };
  }
}
