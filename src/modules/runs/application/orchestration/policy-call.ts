import { JsonObject } from '../../../../shared/domain/json.js';
import { CLIENT_TOOL } from '../../../../shared/domain/tool-source.js';
import { Agent, policyNameOf } from '../../../agents/index.js';
import { PolicyCall } from '../../../approvals/index.js';
import { Tool } from '../../../tools/index.js';

/** A call of a tool, as the approval policy is asked about it. */
export const policyCallOf = (
  agent: Agent,
  { description: { name }, source, effect }: Tool,
  args: JsonObject,
): PolicyCall => ({
  tool: source === 'client' ? CLIENT_TOOL + name : name,
  effect,
  agent: policyNameOf(agent),
  arguments: args,
});
