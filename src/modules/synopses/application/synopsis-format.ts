import { FieldFault } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { SynopsisContent } from '../domain/synopsis-content.js';

export type ParsedSynopsis =
  | { readonly ok: true; readonly content: SynopsisContent }
  | { readonly ok: false; readonly faults: readonly FieldFault[] };

/** How a model is asked for a synopsis, and how what it answers is read. */
export abstract class SynopsisFormat {
  /** JSON Schema, in what providers allow for answers that must keep to it. */
  abstract readonly schema: JsonObject;
  /** Reads a model's answer. Unknown keys are dropped. */
  abstract parse(answer: string): ParsedSynopsis;
}
