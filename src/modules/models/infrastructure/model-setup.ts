import { Config, ConfigInvalid } from '../../../config/config.js';
import type { OfflineModel } from '../../../offline-model/offline-model.js';
import { AgentRegistry, BuiltInTools } from '../../agents/index.js';
import { ModelCatalog } from '../application/model-catalog.js';
import { undescribedModel } from '../domain/model.js';
import { loadModels } from './load-models.js';
import { NO_KEY, OPENAI, Provider } from './provider.js';

/** The id of the one provider where the settings name no file. */
const ONLY_PROVIDER = 'default';
/** What the offline demo model is called in usage, lists and metrics: its answers are those of no real model. */
const OFFLINE_MODEL = 'offline-demo';

/** The models of this process, and their servers. */
export class ModelSetup {
  private constructor(
    readonly models: ModelCatalog,
    readonly providers: readonly Provider[],
    /** For logs, without credentials. */
    readonly description: string,
    readonly offline: OfflineModel | undefined,
  ) {}

  /** What operators should know of them, for logs. */
  get warnings(): string[] {
    if (this.offline) {
      return [
        'No model is configured: answers are canned. Set OPENAI_API_KEY or OPENAI_BASE_URL for a real one.',
      ];
    }
    return this.models
      .all()
      .filter(({ isDescribed }) => !isDescribed)
      .map(
        ({ id, limit: { context } }) =>
          `The limits of the model ${id} are not known: a context of ${context} tokens is assumed. Describe it in the file that MODELS_FILE names.`,
      );
  }

  /**
   * The models of the file that the settings name. Without one, the one provider of the settings; with neither key nor
   * address, the offline demo model of a development install.
   * @throws ConfigInvalid
   */
  static async open(config: Config, agents: AgentRegistry, tools: BuiltInTools): Promise<ModelSetup> {
    const file = await loadModels(config, agents, tools);
    if (file) {
      const models = new ModelCatalog(file.models, file);
      const description = `${models.default.id}, one of ${file.models.length} in ${config.modelsFile}`;
      return new ModelSetup(models, file.providers, description, undefined);
    }
    const { provider, place, offline } = await onlyProvider(config);
    const description = offline ? place : `${config.defaultModel} at ${place}`;
    const answering = offline ? OFFLINE_MODEL : config.defaultModel;
    return new ModelSetup(undescribedModels(answering, agents), [provider], description, offline);
  }
}

function undescribedModels(defaultModel: string, agents: AgentRegistry): ModelCatalog {
  const named = agents.all().flatMap(({ model }) => model ?? []);
  const names = new Set([defaultModel, ...named]);
  const models = [...names].map((name) => undescribedModel(ONLY_PROVIDER, name));
  return new ModelCatalog(models, { default: defaultModel });
}

async function onlyProvider(
  config: Config,
): Promise<{ provider: Provider; place: string; offline?: OfflineModel }> {
  const { apiKey = NO_KEY, baseUrl = OPENAI } = config.openai;
  const provider: Provider = { id: ONLY_PROVIDER, api: 'chat', baseUrl, apiKey };
  if (config.openai.baseUrl) return { provider, place: new URL(baseUrl).host };
  if (config.openai.apiKey) return { provider, place: 'OpenAI' };
  const offline = await startOfflineModel();
  if (!offline) {
    throw new ConfigInvalid([
      'OPENAI_API_KEY or OPENAI_BASE_URL must be set: this install has no offline demo model',
    ]);
  }
  const place = 'offline demo model (canned answers, no real one)';
  return { provider: { ...provider, baseUrl: offline.url }, place, offline };
}

/** Imported here only, so that a process with a real model never loads it. */
async function startOfflineModel(): Promise<OfflineModel | undefined> {
  const { OfflineModel: Model } = await import('../../../offline-model/offline-model.js');
  return Model.start();
}
