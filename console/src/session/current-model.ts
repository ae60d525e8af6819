import type { Model, Session } from '@agent-runtime/client';

/** The model that answers a session unless its agent has one of its own; undefined where it is not known. */
export const currentModel = (models: readonly Model[], session: Session): Model | undefined =>
  models.find(({ id, default: isDefault }) => (session.model ? id === session.model : isDefault));
