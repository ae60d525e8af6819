import { ChatCompletions } from './chat-completions.js';
import { ModelProtocol } from './model-protocol.js';
import { Responses } from './responses.js';

/** The protocols, by the names of their APIs. */
export const PROTOCOLS = {
  chat: new ChatCompletions(),
  responses: new Responses(),
} satisfies Readonly<Record<string, ModelProtocol>>;
