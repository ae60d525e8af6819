import { FieldFault } from '../../../shared/domain/domain-error.js';
import { AgentDefinition } from '../domain/agent.js';

export type ReadDefinition =
  | { readonly ok: true; readonly agent: AgentDefinition }
  | { readonly ok: false; readonly faults: readonly FieldFault[] };

/** How agents are written down: fields in front, and the prompt. */
export abstract class AgentFormat {
  /** Reads the definition of the agent with this id; the faults are those of the text alone. */
  abstract read(id: string, definition: string): ReadDefinition;
}
