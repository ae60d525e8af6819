import { InputInvalid } from '../../../shared/domain/domain-error.js';
import { Model, readsImages } from '../domain/model.js';
import { ModelNotConfigured, ModelWithoutImages } from '../domain/model.errors.js';

/** What an agent says of the model that shall answer for it. */
interface Answering {
  /** The id of a model; unset = the default. */
  readonly model?: string;
}

interface Roles {
  readonly default: string;
  /** For short work beside the answers of agents; unset = the default. */
  readonly small?: string | undefined;
}

/** The models of this installation. */
export class ModelCatalog {
  private readonly models: ReadonlyMap<string, Model>;
  /** The model of agents that name none. */
  readonly default: Model;
  private readonly small: Model | undefined;

  /** @throws ModelNotConfigured for a role that is none of the models */
  constructor(models: readonly Model[], roles: Roles) {
    this.models = new Map(models.map((model) => [model.id, model]));
    this.default = this.get(roles.default);
    this.small = roles.small === undefined ? undefined : this.get(roles.small);
  }

  all(): Model[] {
    return [...this.models.values()];
  }

  has(id: string): boolean {
    return this.models.has(id);
  }

  /** @throws ModelNotConfigured */
  get(id: string): Model {
    const model = this.models.get(id);
    if (!model) throw new ModelNotConfigured(id, [...this.models.keys()]);
    return model;
  }

  /** The id of the model that answers for an agent, where its user chose none. */
  answering({ model }: Answering): string {
    return model ?? this.default.id;
  }

  /**
   * What a run keeps of that, so that it goes on with this model under other settings. Null for a model without a
   * description: its name is a setting, which is read again.
   */
  kept(agent: Answering): string | null {
    const id = this.answering(agent);
    return this.get(id).isDescribed ? id : null;
  }

  /** The id of the model that makes titles; undefined = none, since the operator has named no small one. */
  get titling(): string | undefined {
    return this.small?.id;
  }

  /** The id of the model for short work in the name of an agent: classifications, synopses. */
  helping(agent: Answering): string {
    return this.small?.id ?? this.answering(agent);
  }

  /** @throws ModelWithoutImages, ModelNotConfigured */
  requireImages(modelId: string): void {
    if (!readsImages(this.get(modelId))) throw new ModelWithoutImages(modelId);
  }

  /** Whether a model reads images, or one that may answer in its place does. */
  mayReadImages(modelId: string): boolean {
    const model = this.get(modelId);
    return [model, ...model.fallbacks.map((id) => this.get(id))].some(readsImages);
  }

  /**
   * Checks that a model can be asked for an effort of reasoning.
   * @throws ModelNotConfigured, InputInvalid
   */
  requireEffort(modelId: string, effort: string): void {
    const { reasoning } = this.get(modelId);
    if (reasoning.includes(effort)) return;
    const message =
      reasoning.length > 0
        ? `must be one of ${reasoning.join(', ')} for the model ${modelId}`
        : `cannot be chosen for the model ${modelId}`;
    throw new InputInvalid([{ field: 'reasoning_effort', message }]);
  }
}
