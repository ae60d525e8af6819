import { ModelProtocol } from './model-protocol.js';
import { readChunk } from './openai-chunk.js';
import { toBody } from './openai-request.js';
import { Ways } from './returned-fields.js';

/** Chat completions, which every model server has. */
export class ChatCompletions extends ModelProtocol {
  readonly path = '/chat/completions';

  readonly ways: Ways = {
    requests: 2,
    // What a model requires is not guessed: most refusals are about something else.
    after: ({ facts }) => (facts.isAboutReasoning ? ['given', 'none', 'required'] : ['given', 'none']),
  };

  readonly toBody = toBody;

  reader() {
    return readChunk;
  }
}
