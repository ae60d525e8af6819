import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { DomainEvent } from '../../../shared/domain/domain-event.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { SessionArchived } from './session.errors.js';
import { SESSION_FIELDS, SessionEvents, SessionField } from './session.events.js';
import { TitleSource, UNTITLED, titleOf } from './title.js';

export interface SessionState {
  readonly id: string;
  readonly userId: string;
  readonly title: string;
  /** Null without a title, and where an older version stored it: `titleSourceOf` tells which. */
  readonly titleSource: TitleSource | null;
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
  #changed = new Set<SessionField>();

  private constructor(private state: SessionState) {
    super();
  }

  static create(given: {
    id: string;
    userId: string;
    /** Unset = until the first message. */
    title: string | undefined;
    agent: string;
    agentChosenByUser: boolean;
    model: string | null;
    reasoningEffort: string | null;
    metadata: JsonObject;
    now: Date;
  }): Session {
    const { now, title, ...rest } = given;
    return new Session({
      ...rest,
      title: title ?? UNTITLED,
      titleSource: title === undefined ? null : 'user',
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

  /** The user's title, which is final. */
  rename(title: string, now: Date): void {
    this.setTitle(title, 'user', now);
  }

  /** Takes a title from the first message. @returns whether the session had none */
  nameAfter(message: string, now: Date): boolean {
    const title = titleSourceOf(this.state) === null ? titleOf(message) : undefined;
    if (title !== undefined) this.setTitle(title, 'first_message', now);
    return title !== undefined;
  }

  /** Takes the title that a model has made of the first message. @returns whether the user has not chosen another */
  nameByModel(title: string, now: Date): boolean {
    if (this.state.titleSource !== 'first_message') return false;
    this.setTitle(title, 'model', now);
    return true;
  }

  /** Holds from the next run on. Null takes the choice back. */
  chooseModel(choice: Pick<SessionState, 'model' | 'reasoningEffort'>, now: Date): void {
    if (choice.model !== this.state.model) this.#changed.add('model');
    if (choice.reasoningEffort !== this.state.reasoningEffort) this.#changed.add('reasoning_effort');
    this.change(choice, now);
  }

  /** Replaces all of it. */
  describe(metadata: JsonObject, now: Date): void {
    this.#changed.add('metadata');
    this.change({ metadata }, now);
  }

  archive(now: Date): void {
    if (this.state.archivedAt) return;
    this.#changed.add('archived');
    this.change({ archivedAt: now }, now);
  }

  unarchive(now: Date): void {
    if (this.state.archivedAt) this.#changed.add('archived');
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

  /** All updates since the last call are one event. */
  override pullEvents(): DomainEvent[] {
    const changed = SESSION_FIELDS.filter((field) => this.#changed.has(field));
    this.#changed.clear();
    if (changed.length > 0) {
      this.record<keyof SessionEvents>({
        type: 'session.updated',
        sessionId: this.id,
        runId: null,
        data: { changed, title: this.state.title, title_source: titleSourceOf(this.state) },
      });
    }
    return super.pullEvents();
  }

  private setTitle(title: string, titleSource: TitleSource, now: Date): void {
    this.#changed.add('title');
    this.change({ title, titleSource }, now);
  }

  private change(part: Partial<SessionState>, now: Date): void {
    this.state = { ...this.state, ...part, updatedAt: now };
  }
}

/** Where the title comes from; null = there is none yet. An older version has stored titles of users only. */
export const titleSourceOf = ({
  title,
  titleSource,
}: Pick<SessionState, 'title' | 'titleSource'>): TitleSource | null =>
  titleSource ?? (title === UNTITLED ? null : 'user');
