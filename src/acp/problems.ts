import { RequestError } from '@agentclientprotocol/sdk';
import { Problem } from '#client';

const INTERNAL = -32603;

/** What the editor is told of an error: the words of the server, and its code to decide by. */
export function requestErrorOf(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (!(error instanceof Problem)) {
    const text = error instanceof Error ? error.message : String(error);
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return new RequestError(INTERNAL, text + cause);
  }
  const { status, code, detail, errors, requestId } = error;
  const data = { code, ...(requestId && { request_id: requestId }) };
  const words = errors.map(({ field, message }) => `${field} ${message}`).join('; ') || detail;
  if (code === 'setup.required') return RequestError.authRequired(data, words);
  if (status === 401) return RequestError.authRequired(data, `${words} (AGENT_RUNTIME_TOKEN)`);
  if (status === 400) return RequestError.invalidParams(data, words);
  return new RequestError(INTERNAL, words, data);
}

/** A handler whose errors the editor can read. */
export const answering =
  <Context, Answer>(handle: (context: Context) => Promise<Answer>) =>
  async (context: Context): Promise<Answer> => {
    try {
      return await handle(context);
    } catch (error) {
      throw requestErrorOf(error);
    }
  };
