import { ContentAnswer, FileAnswer, ToolError } from './answers.ts';
import type { Tool, ToolContext } from './tools.ts';
import type { Json, ToolResult } from './types.gen.ts';

/** In characters. */
const MAX_ERROR = 100_000;
/** In bytes of JSON. */
const MAX_DISPLAY = 64 * 1024;

/** What a tool has answered, as it is posted. */
export type ToolAnswer = Pick<ToolResult, 'result' | 'content' | 'file' | 'error' | 'error_code' | 'display'>;

/** What a tool throws is an answer too: the model reads it. */
export async function answerOf(
  tool: Tool<Json>,
  { call, signal }: Omit<ToolContext, 'show'>,
): Promise<ToolAnswer> {
  let shown: Pick<ToolAnswer, 'display'> = {};
  const show = (display: Json | undefined) => {
    const { length } = new TextEncoder().encode(JSON.stringify(display));
    shown = display === undefined || length > MAX_DISPLAY ? {} : { display };
  };
  try {
    const answer = await tool(call.arguments, { call, signal, show });
    if (answer instanceof ContentAnswer) return { content: answer.content, ...shown };
    const { result, ...told } = answer instanceof FileAnswer ? answer : { result: answer };
    JSON.stringify(result); // what cannot be sent is an error of the tool
    return { result: (result ?? null) as Json, ...told, ...shown };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      error: message.slice(0, MAX_ERROR).trim() || 'The tool failed without a message',
      ...(error instanceof ToolError && { error_code: error.code }),
      ...shown,
    };
  }
}
