import { Model } from '../domain/model.js';

/** What this process knows of the servers of models. */
export abstract class ModelAvailability {
  /** Whether the model is asked: not while the circuit of its provider is open. */
  abstract isAvailable(model: Model): boolean;
}
