import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { DomainEvent } from '../../../shared/domain/domain-event.js';
import { Git } from '../../../shared/domain/git.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { ApprovalMode } from '../../../shared/domain/approval-mode.js';
import { Todo } from '../../../shared/domain/todo.js';
import { SessionArchived } from './session.errors.js';
import { SESSION_FIELDS, SessionEvents, SessionField } from './session.events.js';
import { TitleSource, UNTITLED, titleOf } from './title.js';

export interface SessionState {
  readonly id: string;
  readonly userId: string;
  readonly title: string;
  /** Null without a title, or if an older version stored the title: `titleSourceOf` distinguishes them. */
  readonly titleSource: TitleSource | null;
  /** The current agent. */
  readonly agent: string;
  /** Whether the user chose the current agent: classification then does not replace it. */
  readonly agentChosenByUser: boolean;
  /** The id of the model that the user chose for the answers; it may be gone. Null = none. */
  readonly model: string | null;
  /** How much the user wants models to reason; null = nothing said. */
  readonly reasoningEffort: string | null;
  /** The user's choice; null = none. `modeInForce` returns the mode that applies. */
  readonly approvalMode: ApprovalMode | null;
  /** The tools that the client executes; null = not declared: the tools of the first release. */
  readonly builtinTools: readonly string[] | null;
  /** Whether the client sends the hashes of files, and checks them before it writes. */
  readonly fileHashes: boolean;
  /** The list of the agent at work; null = there is none. */
  readonly todos: readonly Todo[] | null;
  /** Whether only a client that has claimed a tool call may answer it. */
  readonly claimsRequired: boolean;
  /** The client's name of the workspace; null = no workspace is set. */
  readonly workspaceName: string | null;
  /** The digest of the stored workspace; null = none. */
  readonly workspaceDigest: string | null;
  /** The branch and commit of the workspace; null = the client has not sent them. */
  readonly git: Git | null;
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
    /** Unset = not chosen. */
    approvalMode?: ApprovalMode | null;
    builtinTools: readonly string[] | null;
    fileHashes: boolean;
    claimsRequired: boolean;
    metadata: JsonObject;
    now: Date;
  }): Session {
    const { now, title, approvalMode = null, ...rest } = given;
    return new Session({
      ...rest,
      approvalMode,
      title: title ?? UNTITLED,
      titleSource: title === undefined ? null : 'user',
      todos: null,
      ...{ workspaceName: null, workspaceDigest: null, git: null },
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

  /** Applies from the next run on. Null removes the choice. */
  chooseModel(choice: Pick<SessionState, 'model' | 'reasoningEffort'>, now: Date): void {
    if (choice.model !== this.state.model) this.#changed.add('model');
    if (choice.reasoningEffort !== this.state.reasoningEffort) this.#changed.add('reasoning_effort');
    this.change(choice, now);
  }

  /** Applies to all calls that are decided from now on, also in an active run. */
  chooseApprovalMode(approvalMode: ApprovalMode, now: Date): void {
    if (approvalMode !== this.state.approvalMode) this.#changed.add('approval_mode');
    this.change({ approvalMode }, now);
  }

  /** What the client executes, from the next run on. */
  equip(client: Pick<SessionState, 'builtinTools' | 'fileHashes'>, now: Date): void {
    this.#changed.add('builtin_tools').add('file_hashes');
    this.change(client, now);
  }

  /** Replaces the list of what is done and what remains. */
  noteTodos(todos: readonly Todo[], runId: string, now: Date): void {
    this.change({ todos }, now);
    this.record<keyof SessionEvents>({
      type: 'todos.updated',
      sessionId: this.id,
      runId,
      data: { items: [...todos] },
    });
  }

  /** No run is active, so that one rule holds for all answers of a run. */
  requireClaims(claimsRequired: boolean, now: Date): void {
    if (claimsRequired !== this.state.claimsRequired) this.#changed.add('client_claims');
    this.change({ claimsRequired }, now);
  }

  /** Sets the workspace, from the next run on. */
  moveTo({ name, digest, git }: { name: string; digest: string; git: Git | null }, now: Date): void {
    const { workspaceName, workspaceDigest, git: before } = this.state;
    const isSame = name === workspaceName && digest === workspaceDigest;
    if (isSame && before?.branch === git?.branch && before?.commit === git?.commit) return;
    this.#changed.add('workspace');
    this.change({ workspaceName: name, workspaceDigest: digest, git }, now);
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
    const nothing = { todos: null, workspaceName: null, workspaceDigest: null, git: null };
    this.change({ ...nothing, deletedAt: now }, now);
    this.record<keyof SessionEvents>({
      type: 'session.deleted',
      sessionId: this.id,
      runId: null,
      data: {},
    });
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
