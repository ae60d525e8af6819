import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import { MessageRepository } from '../../../conversations/index.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { ToolResultRepository } from '../../domain/tool-result.repository.js';
import { ToolOutcome } from '../lifecycle/settle-tool-call.js';
import { wholeAnswer } from '../whole-answer.js';
import { excerptOf } from './excerpt.js';

/** The arguments of read_result, checked by the catalogue: one of the ids is there. */
interface Arguments {
  readonly call_id?: string;
  readonly message_id?: string;
  readonly start_line?: number;
  readonly end_line?: number;
  readonly query?: string;
}

/** Reads on where a model was shown only the beginning and the end: of a tool's answer, or a message of the user. */
@Injectable()
export class ReadResult {
  constructor(private readonly config: Config) {}

  /** The answer to a call of read_result, which is never too long. What cannot be read is an error for the model. */
  async read(tx: Transaction, sessionId: string, args: JsonObject): Promise<ToolOutcome> {
    const { call_id: callId, message_id: messageId, ...range } = args as Arguments;
    const found =
      callId === undefined
        ? await this.ofMessage(tx, sessionId, messageId!)
        : await this.ofCall(tx, sessionId, callId);
    if (typeof found !== 'string') return { end: 'fail', content: `Error: ${found.message}` };
    const { start_line: startLine = 1, end_line: endLine, query } = range;
    return excerptOf(found, { startLine, endLine, query }, this.config.toolResultMaxCharacters);
  }

  private async ofCall(
    tx: Transaction,
    sessionId: string,
    callId: string,
  ): Promise<string | { readonly message: string }> {
    const call = await tx.get(ToolCallRepository).find(callId);
    if (call?.snapshot().sessionId !== sessionId) {
      return { message: `there is no call ${callId} in this session` };
    }
    const kept = await tx.get(ToolResultRepository).find(callId);
    const answer = kept === null ? await tx.get(MessageRepository).findAnswer(sessionId, callId) : undefined;
    return wholeAnswer(callId, kept, answer);
  }

  private async ofMessage(
    tx: Transaction,
    sessionId: string,
    messageId: string,
  ): Promise<string | { readonly message: string }> {
    const message = await tx.get(MessageRepository).find(sessionId, messageId);
    if (message?.role === 'user') return message.content;
    return { message: `there is no message ${messageId} of the user in this session` };
  }
}
