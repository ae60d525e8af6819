/** What one or several calls to models have used. */
export interface TokenUsage {
  readonly promptTokens: number;
  /** With those of reasoning. */
  readonly completionTokens: number;
  /** Of the prompt: what the provider has read from its cache, as far as it tells. */
  readonly cachedTokens: number;
  /** Of the completion: what the model has reasoned, as far as the provider tells. */
  readonly reasoningTokens: number;
  /** In millionths of the currency of the prices; null if no model has prices. */
  readonly costMicros: number | null;
  /** Whether some of it is estimated, for answers that were cut off before the provider told. */
  readonly estimated: boolean;
}

/** As it is stored: the release before knows two of the fields only. */
export type StoredUsage = Pick<TokenUsage, 'promptTokens' | 'completionTokens'> & Partial<TokenUsage>;

export const NO_USAGE: TokenUsage = {
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  reasoningTokens: 0,
  costMicros: null,
  estimated: false,
};

/** Adds up; null = unknown, counts as nothing. */
export function sumOfUsage(one: StoredUsage | null, other: StoredUsage | null): TokenUsage | null {
  if (!one || !other) return one || other ? { ...NO_USAGE, ...(one ?? other) } : null;
  const [a, b]: [TokenUsage, TokenUsage] = [
    { ...NO_USAGE, ...one },
    { ...NO_USAGE, ...other },
  ];
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    costMicros:
      a.costMicros === null && b.costMicros === null ? null : (a.costMicros ?? 0) + (b.costMicros ?? 0),
    estimated: a.estimated || b.estimated,
  };
}

/** What a number of calls have used together. */
export interface CallUsage extends TokenUsage {
  readonly modelCalls: number;
}

export const NO_CALLS: CallUsage = { modelCalls: 0, ...NO_USAGE };

/** As clients see it. */
export const tokenUsageView = (usage: StoredUsage) => ({
  prompt_tokens: usage.promptTokens,
  completion_tokens: usage.completionTokens,
  cached_tokens: usage.cachedTokens ?? 0,
  reasoning_tokens: usage.reasoningTokens ?? 0,
  cost_micros: usage.costMicros ?? null,
  estimated: usage.estimated ?? false,
});

export type TokenUsageView = ReturnType<typeof tokenUsageView>;

/** That of a number of calls. */
export const callUsageView = ({ modelCalls, ...usage }: StoredUsage & Pick<CallUsage, 'modelCalls'>) => ({
  model_calls: modelCalls,
  ...tokenUsageView(usage),
  total_tokens: usage.promptTokens + usage.completionTokens,
});

export type CallUsageView = ReturnType<typeof callUsageView>;
