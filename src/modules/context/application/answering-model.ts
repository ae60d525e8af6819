import { Agent } from '../../agents/index.js';
import { Model, ModelCatalog } from '../../models/index.js';
import { Session } from '../../sessions/index.js';

/** The model that answers next in a session: the one its user chose, else that of its agent. */
export function answeringModel(session: Session, agent: Agent, models: ModelCatalog): Model {
  const { model } = session.snapshot();
  return models.get(model !== null && models.has(model) ? model : models.answering(agent));
}
