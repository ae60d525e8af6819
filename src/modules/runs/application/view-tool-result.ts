import { Injectable } from '@nestjs/common';
import { ConversationQueries } from '../../conversations/index.js';
import { ToolResultQueries } from './tool-result.queries.js';
import { wholeAnswer } from './whole-answer.js';

@Injectable()
export class ViewToolResult {
  constructor(
    private readonly results: ToolResultQueries,
    private readonly conversations: ConversationQueries,
  ) {}

  /**
   * All that was answered to a tool call, as the model would read it.
   * @throws ToolCallNotFound, ToolResultNotFound, ToolResultExpired
   */
  async execute({ userId, callId }: { userId: string; callId: string }): Promise<string> {
    const { sessionId, kept } = await this.results.view(callId, userId);
    const answer = kept === null ? await this.conversations.findAnswer(sessionId, callId) : undefined;
    const found = wholeAnswer(callId, kept, answer);
    if (typeof found !== 'string') throw found;
    return found;
  }
}
