import type { ChatCompletionRequest, FixtureResponse } from '@copilotkit/aimock';

export function answerOffline(_request: ChatCompletionRequest): FixtureResponse {
  return { content: 'Hello' };
}
