import { Model } from '../domain/model.js';
import { ModelCatalog } from './model-catalog.js';

/**
 * The model that answers next in a session.
 * @param chosen the id of the one that its user chose; null = that of the agent
 */
export const answeringModel = (
  chosen: string | null,
  agent: Parameters<ModelCatalog['answering']>[0],
  models: ModelCatalog,
): Model => models.get(chosen !== null && models.has(chosen) ? chosen : models.answering(agent));
