import { ProviderApi } from '../domain/model.js';

/** A server of models. */
export interface Provider {
  readonly id: string;
  readonly api: ProviderApi;
  readonly baseUrl: string;
  readonly apiKey: string;
}

export const OPENAI = 'https://api.openai.com/v1';

/** OpenAI's client requires a key; local servers (Ollama, vLLM, LM Studio) ignore it. */
export const NO_KEY = 'none';
