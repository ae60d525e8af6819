import { Config, ConfigInvalid } from '../../../config/config.js';
import type { OfflineModel } from '../../../offline-model/offline-model.js';

/** OpenAI's client requires a key; local servers (Ollama, vLLM, LM Studio) ignore it. */
const NO_KEY = 'none';

/** The server of this process' language models. */
export class ModelEndpoint {
  private constructor(
    /** Unset = OpenAI itself. */
    readonly baseUrl: string | undefined,
    readonly apiKey: string,
    /** For logs, without credentials. */
    readonly description: string,
    readonly offline: OfflineModel | undefined,
  ) {}

  /** The endpoint of the settings; with neither key nor address, the offline demo model of a development install. */
  static async open(config: Config): Promise<ModelEndpoint> {
    const { apiKey, baseUrl } = config.openai;
    if (baseUrl) {
      const { host } = new URL(baseUrl);
      return new ModelEndpoint(baseUrl, apiKey ?? NO_KEY, `${config.defaultModel} at ${host}`, undefined);
    }
    if (apiKey) return new ModelEndpoint(undefined, apiKey, `${config.defaultModel} at OpenAI`, undefined);
    const offline = await startOfflineModel();
    if (!offline) {
      throw new ConfigInvalid([
        'OPENAI_API_KEY or OPENAI_BASE_URL must be set: this install has no offline demo model',
      ]);
    }
    return new ModelEndpoint(
      offline.url,
      NO_KEY,
      'offline demo model (canned answers, no real one)',
      offline,
    );
  }
}

/** Imported here only, so that a process with a real model never loads it. */
async function startOfflineModel(): Promise<OfflineModel | undefined> {
  const { OfflineModel: Model } = await import('../../../offline-model/offline-model.js');
  return Model.start();
}
