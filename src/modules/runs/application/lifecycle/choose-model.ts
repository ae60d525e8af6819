import { Injectable } from '@nestjs/common';
import { AgentRegistry } from '../../../agents/index.js';
import { ModelCatalog } from '../../../models/index.js';
import { Session } from '../../../sessions/index.js';
import { AnsweringAgent, ModelChoice, RunState } from '../../domain/run.js';

/** Decides which model answers: that of the message, the session, the agent, or the default, the first that is given. */
@Injectable()
export class ChooseModel {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly models: ModelCatalog,
  ) {}

  /**
   * What a user wants for one message.
   * @throws ModelNotConfigured, InputInvalid for an effort that the model does not know
   */
  ofMessage(
    session: Session,
    { agent, model, reasoningEffort }: { agent: string | null; model?: string; reasoningEffort?: string },
  ): ModelChoice {
    if (model !== undefined) this.models.get(model);
    if (reasoningEffort !== undefined) {
      const answering = model ?? this.ofSession(session).model;
      const known = answering ?? this.models.answering(this.agents.get(agent ?? session.agent));
      this.models.requireEffort(known, reasoningEffort);
    }
    return { model: model ?? null, reasoningEffort: reasoningEffort ?? null };
  }

  /** What a user chose for a session, as far as it is still there. */
  ofSession(session: Session): ModelChoice {
    const { model, reasoningEffort } = session.snapshot();
    return { model: model !== null && this.models.has(model) ? model : null, reasoningEffort };
  }

  /** An agent that takes over a run. */
  agent(id: string): AnsweringAgent {
    return { id, model: this.models.kept(this.agents.get(id)) };
  }

  /** The id of the model that answers for the agent of a run now. */
  answering({ model, agent }: RunState): string {
    return model ?? this.models.answering(this.agents.get(agent));
  }

  /** The id of the model that classifies the task of a run. */
  classifying({ agent }: RunState): string {
    return this.models.helping(this.agents.get(agent));
  }

  /** The effort of reasoning that is asked for; undefined = the provider decides. */
  effort({ reasoningEffort, agent }: RunState): string | undefined {
    return reasoningEffort ?? this.agents.get(agent).reasoningEffort;
  }
}
