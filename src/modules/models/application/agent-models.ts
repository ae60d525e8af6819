import { FieldFault, InputInvalid } from '../../../shared/domain/domain-error.js';
import { AgentDefinition } from '../../agents/index.js';
import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { ModelNotConfigured } from '../domain/model.errors.js';
import { ModelCatalog } from './model-catalog.js';

/** What an agent says of its model that the models of this installation do not allow. */
export function modelFaults(
  models: ModelCatalog,
  { model, reasoningEffort, prompt }: AgentDefinition,
): readonly FieldFault[] {
  try {
    const { id, limit } = models.get(model ?? models.default.id);
    if (reasoningEffort !== undefined) models.requireEffort(id, reasoningEffort);
    // Half of it is for the conversation.
    if (2 * estimatedTokens(prompt) <= Math.min(limit.context, limit.input ?? limit.context)) return [];
    return [{ field: 'prompt', message: `takes more than half of what the model ${id} can read at once` }];
  } catch (error) {
    if (error instanceof ModelNotConfigured) return [{ field: 'model', message: error.message }];
    if (error instanceof InputInvalid) return error.faults;
    throw error;
  }
}
