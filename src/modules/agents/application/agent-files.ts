import { AgentDefinition } from '../domain/agent.js';

/** An agent as a file of this process defines it. */
export interface AgentFile {
  readonly agent: AgentDefinition;
  /** The text of the file. */
  readonly definition: string;
}

/** The files of this process, by the ids of their agents. */
export abstract class AgentFiles {
  abstract readonly all: readonly AgentFile[];
}
