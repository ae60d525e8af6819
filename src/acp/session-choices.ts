import { RequestError, type SessionConfigOption, type SessionModeState } from '@agentclientprotocol/sdk';
import { type AgentRuntime, Problem, type Session } from '#client';
import { AUTO, type Offer, agentToSend, changeFor, modesOf, optionsOf } from './choices.js';

/** What was chosen for a session: what the server keeps, and the agent that goes with the next message. */
export class SessionChoices {
  readonly #runtime: AgentRuntime;
  readonly #offer: Offer;
  /** As it was read last. */
  #session: Session;
  /** An agent that is chosen with the next message, because a run was active. */
  #agent: string | undefined;

  constructor(runtime: AgentRuntime, offer: Offer, session: Session) {
    this.#runtime = runtime;
    this.#offer = offer;
    this.#session = session;
  }

  get session(): Session {
    return this.#session;
  }

  get agent(): string {
    return this.#agent ?? this.#session.chosen_agent ?? AUTO;
  }

  /** As the editor shows them. */
  get shown(): { modes: SessionModeState; configOptions: SessionConfigOption[] } {
    return {
      modes: modesOf(this.#offer, this.agent),
      configOptions: optionsOf(this.#offer, this.#session, this.agent),
    };
  }

  /** @param isBusy whether a prompt is being answered: then an agent goes with the next message */
  async choose(configId: string, value: string, isBusy: boolean): Promise<void> {
    if (configId !== 'agent') {
      const change = changeFor(this.#offer, this.#session, { configId, value });
      this.#session = await this.#runtime.sessions.update(this.#session.id, change);
      return;
    }
    if (value !== AUTO && !this.#offer.agents.some(({ id }) => id === value)) {
      throw RequestError.invalidParams({ value }, 'There is no such agent');
    }
    this.#agent = value;
    if (isBusy) return;
    try {
      await this.#runtime.sessions.send(this.#session.id, {
        type: 'switch_agent',
        agent: agentToSend(value),
      });
      await this.read();
      this.#agent = undefined;
    } catch (error) {
      // Then the next message takes it along.
      if (!(error instanceof Problem) || error.code !== 'run.in_progress') throw error;
    }
  }

  async read(): Promise<Session> {
    return (this.#session = await this.#runtime.sessions.get(this.#session.id));
  }

  /** The agent that the next message names. @param once one for this message alone */
  agentFor(session: Session, once: string | undefined): string | undefined {
    // The message after this one goes back to what was chosen.
    if (once !== undefined) this.#agent ??= session.chosen_agent ?? AUTO;
    return once ?? (this.#agent && agentToSend(this.#agent));
  }

  /** The server has taken a message with the agent that was chosen. */
  taken(session: Session): void {
    if (this.#agent === undefined) return;
    this.#session = { ...session, chosen_agent: this.#agent === AUTO ? null : this.#agent };
    this.#agent = undefined;
  }
}
