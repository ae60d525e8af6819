import { Injectable } from '@nestjs/common';
import { Agent } from '../../../agents/index.js';
import { ModelCatalog } from '../../../models/index.js';
import { Session } from '../../../sessions/index.js';
import { AnsweringAgent, ModelChoice } from '../../domain/answering.js';
import { RunState } from '../../domain/run-state.js';

/** Decides which model answers: that of the message, the session, the agent, or the default, the first that is given. */
@Injectable()
export class ChooseModel {
  constructor(private readonly models: ModelCatalog) {}

  /**
   * What a user wants for one message.
   * @param agent the one that answers first
   * @throws ModelNotConfigured, InputInvalid for an effort that the model does not know
   */
  ofMessage(
    session: Session,
    { agent, model, reasoningEffort }: { agent: Agent; model?: string; reasoningEffort?: string },
  ): ModelChoice {
    if (model !== undefined) this.models.get(model);
    if (reasoningEffort !== undefined) {
      const answering = model ?? this.ofSession(session).model;
      this.models.requireEffort(answering ?? this.models.answering(agent), reasoningEffort);
    }
    return { model: model ?? null, reasoningEffort: reasoningEffort ?? null };
  }

  /**
   * @param agent the one that answers first, as far as that is known
   * @throws ModelWithoutImages
   */
  requireImages(session: Session, { model }: ModelChoice, agent: Agent): void {
    this.models.requireImages(model ?? this.ofSession(session).model ?? this.models.answering(agent));
  }

  /** What a user chose for a session, as far as it is still there. */
  ofSession(session: Session): ModelChoice {
    const { model, reasoningEffort } = session.snapshot();
    return { model: model !== null && this.models.has(model) ? model : null, reasoningEffort };
  }

  /** An agent that takes over a run. */
  agent(agent: Agent): AnsweringAgent {
    return { id: agent.id, version: agent.version, model: this.models.kept(agent) };
  }

  /** The id of the model that answers for the agent of a run now. */
  answering({ model }: RunState, agent: Agent): string {
    return model ?? this.models.answering(agent);
  }

  /** The id of the model that classifies the task of a run. */
  classifying(agent: Agent): string {
    return this.models.helping(agent);
  }

  /** The effort of reasoning that is asked for; undefined = the provider decides. */
  effort({ reasoningEffort }: RunState, agent: Agent): string | undefined {
    return reasoningEffort ?? agent.reasoningEffort;
  }
}
