import { ModelRequest } from '../application/language-model.js';
import { JsonForm } from './json-forms.js';
import { ChunkContents } from './openai-chunk.js';
import { OutputLimitField } from './output-limit-fields.js';
import { Returned, Ways } from './returned-fields.js';

/** An API of OpenAI's that model servers speak: how requests are written, and how answers are read. */
export abstract class ModelProtocol {
  /** Where requests go, below the address of the server. */
  abstract readonly path: string;

  /** What is asked for instead of a request that the server refuses. */
  abstract readonly ways: Ways;

  /**
   * @param provider the host of the model's server; reasoning of other models and servers is left out
   * @param form how JSON is asked for, if it is
   * @param returned what of the model's own reasoning is asked for and goes back
   * @param limitField where the limit of the answer goes, if the request has one
   */
  abstract toBody(
    request: ModelRequest,
    provider: string,
    form: JsonForm | undefined,
    returned: Returned,
    limitField: OutputLimitField,
  ): object;

  /** Begins to read an answer. @returns what reads each of its events; it throws `ProviderRefusal` for a failure */
  abstract reader(): (event: unknown) => ChunkContents;
}
