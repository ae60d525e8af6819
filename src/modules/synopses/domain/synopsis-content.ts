/** One entry of a synopsis, in the order in which it is read. */
export type SynopsisItem =
  | { kind: 'heading'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'decision'; text: string; reason?: string }
  | { kind: 'open_question'; text: string }
  | { kind: 'code'; text: string; language?: string }
  | { kind: 'list'; entries: string[] };

/** What a synopsis says. */
export interface SynopsisContent {
  readonly title: string;
  readonly items: readonly SynopsisItem[];
}

/** How much of everything there may be, in characters where it is text. */
export const SYNOPSIS_LIMITS = {
  title: 200,
  items: 200,
  heading: 200,
  text: 20_000,
  language: 50,
  entries: 200,
  entry: 2_000,
  /** Of the whole content as JSON: a model is given it beside what is new. */
  content: 100_000,
} as const;

/** Whether it is not too much as a whole. */
export const isWithinLimit = ({ title, items }: SynopsisContent): boolean =>
  JSON.stringify({ title, items }).length <= SYNOPSIS_LIMITS.content;
