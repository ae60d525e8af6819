import { JsonObject } from '../../../shared/domain/json.js';
import { ToolEffect } from '../../../shared/domain/tool-effect.js';

/** A tool that a client declares for a session. */
export interface DeclaredTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: JsonObject;
  /** As the client claims. */
  readonly effect: ToolEffect;
  /** For the answer to a call; null = the setting. */
  readonly timeoutSeconds: number | null;
  /** The ids of the agents that may call it; null = all that take tools of clients. */
  readonly agents: readonly string[] | null;
}

/** All tools of one client in a session. */
export interface ToolList {
  readonly sessionId: string;
  readonly clientId: string;
  readonly tools: readonly DeclaredTool[];
  readonly ttlSeconds: number;
  /** Its tools are not available any more from then on. */
  readonly expiresAt: Date;
}

/** A tool that the provider of a model does not take, by what models are shown of it. */
export interface RefusedTool {
  readonly digest: string;
  /** The id of the model. */
  readonly model: string;
  readonly refusedAt: Date;
}

/** What the runs use that begin with the same tools. It never changes. */
export interface KeptList {
  readonly digest: string;
  readonly tools: readonly DeclaredTool[];
}
