import type { AgentRuntime, Tools } from '#client';
import type { HandsOptions } from './options.ts';

/** What both ways of lending work with. */
export interface Stage {
  readonly runtime: AgentRuntime;
  readonly tools: Tools;
  readonly options: HandsOptions;
  /** Aborted by the first signal to the process. */
  readonly cancel: AbortSignal;
  /** Aborted by the second one, and at the end. */
  readonly quit: AbortSignal;
  /** What Ctrl-C does while a line is edited. */
  readonly interrupt: () => void;
}
