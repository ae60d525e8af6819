import { Signal } from '../app/signal.ts';
import type { LentFolder } from './folder.ts';

export interface LentTo {
  readonly sessionId: string;
  readonly name: string;
  readonly folder: LentFolder;
  /** What of the folder agents are not told, and why. */
  readonly notes: readonly string[];
  takeBack(): Promise<void>;
}

/** The folder that this tab lends, if any. */
export const lent = new Signal<LentTo | null>(null);
