import { FieldFault } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { ParsedArguments } from '../../agents/index.js';

/** JSON Schemas of clients: they come from outside, and are run on what models write. */
export abstract class ParameterSchemas {
  /** Why a schema is not taken; undefined = it is. The field is within the schema, empty for the whole. */
  abstract faultOf(parameters: JsonObject): FieldFault | undefined;
  /**
   * Reads arguments as the schema means them, then checks them, and fills in its defaults. What is neither among its
   * properties nor forbidden stays.
   */
  abstract parse(parameters: JsonObject, args: unknown): ParsedArguments;
}
