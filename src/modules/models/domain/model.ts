/** The protocols in which a provider may be asked. */
export const PROVIDER_APIS = ['chat', 'responses'] as const;

export type ProviderApi = (typeof PROVIDER_APIS)[number];

/** Sizes in tokens. */
export interface ModelLimit {
  /** Of a request and its answer together. */
  readonly context: number;
  /** Of a request, where a provider limits it beyond that. */
  readonly input: number | null;
  /** Of an answer; null if unknown. */
  readonly output: number | null;
}

/** Prices for a million tokens. */
export interface ModelCost {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
}

/** A model that agents may be answered by. */
export interface Model {
  /** What clients, agents and settings call it. */
  readonly id: string;
  /** The id of its provider. */
  readonly provider: string;
  /** What its provider calls it. */
  readonly name: string;
  readonly limit: ModelLimit;
  /** Whether the operator has described it. For one that is not, the limit is an assumption. */
  readonly isDescribed: boolean;
  readonly cost: ModelCost | null;
  readonly modalities: { readonly input: readonly string[]; readonly output: readonly string[] };
  /** The efforts of reasoning that may be asked for. */
  readonly reasoning: readonly string[];
  /** The tool by which it edits files best. */
  readonly editTool: string;
  /** Null = the setting. */
  readonly firstTokenTimeoutSeconds: number | null;
  /** The ids of the models that may answer in its place, the best first. */
  readonly fallbacks: readonly string[];
}

export const readsImages = ({ modalities }: Model): boolean => modalities.input.includes('image');

/** The context of a model without a description. */
const ASSUMED_CONTEXT = 32_768;

/** A model of which only the name is known. */
export const undescribedModel = (provider: string, name: string): Model => ({
  id: name,
  provider,
  name,
  limit: { context: ASSUMED_CONTEXT, input: null, output: null },
  isDescribed: false,
  cost: null,
  modalities: { input: ['text'], output: ['text'] },
  reasoning: [],
  editTool: 'edit_file',
  firstTokenTimeoutSeconds: null,
  fallbacks: [],
});
