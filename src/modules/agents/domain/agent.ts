import { DomainError } from '../../../shared/domain/domain-error.js';
import { ToolName } from './tool.js';

/** A named role: its purpose, prompt and permissions. One file each, beside this one. */
export interface Agent {
  readonly id: string;
  readonly version: string;
  /** One sentence, for users and for the classifier. */
  readonly description: string;
  /** The system prompt. */
  readonly prompt: string;
  readonly tools: readonly ToolName[];
  /** The paths that write_file may name, in their plain form; null = none. */
  readonly writePattern: RegExp | null;
  /** The id of the model that answers for it, where the user chose none; unset = the default. */
  readonly model?: string;
  /** How much that model is to reason, where the user says nothing; unset = its provider decides. */
  readonly reasoningEffort?: string;
  /** Not sent to models that reason; unset = the provider decides. */
  readonly temperature?: number;
  readonly limits: {
    /** The newest messages of the session that are sent to the model. */
    readonly historyMessages: number;
    /** The most characters that these messages may have together. */
    readonly historyCharacters: number;
  };
  /** `background`: runs as a job only and is never the current agent of a session. */
  readonly mode: 'conversation' | 'background';
  /** Whether a plan may assign subtasks to it. */
  readonly takesSubtasks: boolean;
}

/** Whether an agent may write a path that the tool catalogue has accepted. */
export const mayWrite = (agent: Agent, path: string): boolean => agent.writePattern?.test(path) ?? false;

export const DEFAULT_LIMITS = { historyMessages: 200, historyCharacters: 400_000 } as const;

export const ANY_PATH = /^/;

export class AgentNotFound extends DomainError {
  readonly code = 'agent.not_found';
  readonly kind = 'not_found';

  constructor(agentId: string, known: readonly string[]) {
    super(`There is no agent ${agentId}; there are ${known.join(', ')}`);
  }
}
