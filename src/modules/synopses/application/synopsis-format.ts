import { FieldFault } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { SynopsisContent } from '../domain/synopsis-content.js';

export type ParsedSynopsis =
  | { readonly ok: true; readonly content: SynopsisContent }
  | { readonly ok: false; readonly faults: readonly FieldFault[] };

/** The format in which a model answers with a synopsis. */
export abstract class SynopsisFormat {
  /** JSON Schema, limited to the features that providers support for structured answers. */
  abstract readonly schema: JsonObject;
  /** Reads a model's answer. Unknown keys are dropped. */
  abstract parse(answer: string): ParsedSynopsis;
}
