import { PlacedInstruction } from './frame-instructions.js';

/** What agents are told of a workspace. */
export interface ToldWorkspace {
  readonly digest: string;
  /** The end of the system prompt. */
  readonly environment: string;
  /** Comes before the conversation; empty = there are none at the root. */
  readonly instructions: string;
  /** Those of folders, which come with the answers of tools, those of outer folders first. */
  readonly ofFolders: readonly PlacedInstruction[];
}
