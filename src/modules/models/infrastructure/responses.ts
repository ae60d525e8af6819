import { ModelProtocol } from './model-protocol.js';
import { ResponsesEvents } from './responses-events.js';
import { toResponsesBody } from './responses-request.js';
import { Ways } from './returned-fields.js';

/** OpenAI's Responses API, by which a model shows summaries of its reasoning and gets the reasoning back. */
export class Responses extends ModelProtocol {
  readonly path = '/responses';

  readonly ways: Ways = {
    requests: 3,
    // Summaries are for verified organizations only; models that do not reason refuse all of it.
    after: ({ facts }) => (facts.isAboutReasoning ? ['unsummarised', 'none', 'given'] : ['none', 'given']),
  };

  readonly toBody = toResponsesBody;

  reader() {
    const events = new ResponsesEvents();
    return (event: unknown) => events.read(event);
  }
}
