/** What a request consists of, in tokens, estimated. */
export interface ContextParts {
  /** The prompt of the agent. */
  readonly system: number;
  readonly tools: number;
  /** What the agent is told before the conversation, as the brief of a subtask. */
  readonly instructions: number;
  readonly checkpoint: number;
  readonly messages: number;
}

/** What a provider has told of the last call of a thread. */
export interface ToldSize {
  /** Of the whole request. */
  readonly promptTokens: number;
  /** Of the messages that were part of it, estimated. */
  readonly before: number;
  /** Of the messages since, the answer included, estimated. */
  readonly since: number;
}

export interface ContextSize {
  readonly tokens: number;
  /** The provider has told less than half of the estimate: it seems to leave out a part of what it is sent. */
  readonly isCut: boolean;
}

const LEAST_SHARE = 1 / 2;

export const fixedTokens = ({ system, tools, instructions }: ContextParts): number =>
  system + tools + instructions;

export const sumOf = (parts: ContextParts): number => fixedTokens(parts) + parts.checkpoint + parts.messages;

/** The size of the next request of a thread: what the provider has told of the last one, and what came since. */
export function sizeOf(parts: ContextParts, told: ToldSize | null): ContextSize {
  const estimated = sumOf(parts);
  if (!told) return { tokens: estimated, isCut: false };
  const sent = fixedTokens(parts) + parts.checkpoint + told.before;
  if (told.promptTokens < sent * LEAST_SHARE) return { tokens: estimated, isCut: true };
  return { tokens: told.promptTokens + told.since, isCut: false };
}

const IN_WORDS: Readonly<Record<keyof ContextParts, string>> = {
  system: 'the prompt of the agent',
  tools: 'the description of its tools',
  instructions: 'the instructions',
  checkpoint: 'the checkpoint',
  messages: 'the newest messages',
};

/** What takes the most of a context, as part of a sentence. */
export function largestOf(parts: ContextParts): string {
  const names = Object.keys(IN_WORDS) as (keyof ContextParts)[];
  return IN_WORDS[names.reduce((largest, name) => (parts[name] > parts[largest] ? name : largest))];
}
