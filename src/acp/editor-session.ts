import type {
  AgentContext,
  ClientCapabilities,
  ContentBlock,
  PromptResponse,
  SessionUpdate,
} from '@agentclientprotocol/sdk';
import type { AgentRuntime, Session } from '#client';
import type { Roots } from '../ide/roots.js';
import type { Offer } from './choices.js';
import { EditorView } from './editor-view.js';
import { historyOf, openIn } from './history.js';
import type { McpTools } from './mcp/mcp-tools.js';
import { requestErrorOf } from './problems.js';
import { PromptAnswers } from './prompt-answers.js';
import { Questions } from './questions.js';
import { END, RunStay } from './run-stay.js';
import { SessionChoices } from './session-choices.js';
import { changesIn } from './session-record.js';
import type { Translator } from './translator.js';
import { Turn } from './turn.js';
import type { Workspace } from './workspace.js';

/** The parts of a session. */
export interface Parts {
  readonly runtime: AgentRuntime;
  readonly client: AgentContext;
  readonly capabilities: ClientCapabilities;
  readonly offer: Offer;
  readonly roots: Roots;
  readonly workspace: Workspace;
  readonly translator: Translator;
  /** Sends changes of the workspace to the server. */
  readonly tell: () => Promise<void>;
  readonly mcp: McpTools;
}

/** A session as one editor shows it: one prompt after the other, each answered when its run has ended. */
export class EditorSession {
  readonly id: string;
  readonly #parts: Parts;
  readonly #view: EditorView;
  readonly #choices: SessionChoices;
  readonly #run: RunStay;
  readonly #answers: PromptAnswers;
  readonly #turns = new Set<Turn>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, parts: Parts) {
    const { runtime, client, offer, roots, translator, workspace, mcp } = parts;
    const sessionId = session.id;
    this.id = sessionId;
    this.#parts = parts;
    const view = (this.#view = new EditorView(client, sessionId));
    const choices = (this.#choices = new SessionChoices(runtime, offer, session));
    const questions = new Questions({ ...parts, sessionId });
    const run = (this.#run = new RunStay({
      runtime,
      sessionId,
      view,
      translator,
      workspace,
      mcp,
      questions,
    }));
    this.#answers = new PromptAnswers({ runtime, sessionId, roots, view, choices, run });
  }

  /** Called when the editor knows the session. */
  begin(): void {
    this.#parts.mcp.start();
  }

  get choices(): SessionChoices['shown'] {
    return this.#choices.shown;
  }

  /** Shows the history, and what is open. @param isShown whether the editor does not have the history itself */
  async replay(isShown: boolean): Promise<void> {
    const { runtime, translator } = this.#parts;
    const { session } = this.#choices;
    const history = await historyOf(runtime, this.id, translator);
    if (isShown) await this.#view.show(history);
    if (!session.active_run) return;
    this.#run.leftOver = session.active_run.id;
    if (changesIn(session)) return this.#view.say('The plan waits for you to say what to change.');
    const open = await openIn(runtime, session);
    await this.#view.say(`${open} \`/continue\` goes on with it, anything else ends it.`);
  }

  /** Prompts that come meanwhile wait for their turn. */
  prompt(blocks: readonly ContentBlock[]): Promise<PromptResponse> {
    const turn = new Turn();
    this.#turns.add(turn);
    const answer = this.#last
      .then(() => this.#parts.tell())
      .then(() => this.#answer(turn, blocks))
      .finally(() => this.#turns.delete(turn));
    this.#last = answer.catch(() => undefined); // the editor is told
    return answer;
  }

  /** Stops all prompts, also those that the server has not accepted yet. */
  cancel(): void {
    for (const turn of this.#turns) {
      turn.cancel();
      if (turn.runId !== undefined) this.#run.cancel(turn.runId);
    }
  }

  /** Fulfilled when nothing is being answered any more, and its MCP servers are gone. */
  async close(): Promise<void> {
    await this.#last;
    await this.#parts.mcp.close();
  }

  async choose(configId: string, value: string): Promise<void> {
    await this.#choices.choose(configId, value, this.#turns.size > 0);
  }

  /** Shows what other clients have changed. */
  async refresh(): Promise<void> {
    const { session: before, agent } = this.#choices;
    const now = await this.#choices.read();
    if (now.title !== before.title) this.announceTitle();
    const options = ['model', 'reasoning_effort', 'approval_mode'] as const;
    if (options.every((each) => now[each] === before[each]) && this.#choices.agent === agent) return;
    const { configOptions, modes } = this.choices;
    this.announce([
      { sessionUpdate: 'config_option_update', configOptions },
      { sessionUpdate: 'current_mode_update', currentModeId: modes.currentModeId },
    ]);
  }

  announceTitle(): void {
    const { title, title_source: source, updated_at: updatedAt } = this.#choices.session;
    if (source === null) return; // it is the same for all that are new
    this.announce([{ sessionUpdate: 'session_info_update', title, updatedAt }]);
  }

  /** For updates that need no order. */
  announce(updates: readonly SessionUpdate[]): void {
    this.#view.announce(updates);
  }

  async #answer(turn: Turn, blocks: readonly ContentBlock[]): Promise<PromptResponse> {
    try {
      const answer = turn.isCancelled ? END : await this.#grant(turn, blocks);
      await this.#tell(this.#parts.mcp.news());
      return turn.isCancelled ? { stopReason: 'cancelled' } : answer;
    } catch (error) {
      if (turn.isCancelled) return { stopReason: 'cancelled' };
      throw requestErrorOf(error);
    } finally {
      this.#parts.mcp.rest();
    }
  }

  async #grant(turn: Turn, blocks: readonly ContentBlock[]): Promise<PromptResponse> {
    await this.#tell(await this.#parts.mcp.prepare(turn.questions));
    return turn.isCancelled ? END : this.#answers.answer(turn, blocks);
  }

  async #tell(news: readonly string[]): Promise<void> {
    for (const each of news) await this.#view.say(`*${each}*`);
  }
}
