/** One entry of a synopsis. */
export type SynopsisItem =
  | { kind: 'heading'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'decision'; text: string; reason?: string }
  | { kind: 'open_question'; text: string }
  | { kind: 'code'; text: string; language?: string }
  | { kind: 'list'; entries: string[] };

/** The content of a synopsis. Items are in reading order. */
export interface SynopsisContent {
  readonly title: string;
  readonly items: readonly SynopsisItem[];
}

/** Limits; in characters for texts. */
export const SYNOPSIS_LIMITS = {
  title: 200,
  items: 200,
  heading: 200,
  text: 20_000,
  language: 50,
  entries: 200,
  entry: 2_000,
  /** Limit for the whole content as JSON, since a model gets it together with the new messages. */
  content: 100_000,
} as const;

/** Whether the whole content is within its limit. */
export const isWithinLimit = ({ title, items }: SynopsisContent): boolean =>
  JSON.stringify({ title, items }).length <= SYNOPSIS_LIMITS.content;
