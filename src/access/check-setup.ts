import { isStorable } from './setup-file.js';

const LIMIT_MS = 10_000;
export const OPENAI = 'https://api.openai.com/v1';

/** The models that a server lists. @throws Error in words where it does not */
export async function modelsOf(url: string, key: string): Promise<string[]> {
  const list = await read(`${url || OPENAI}/models`, key);
  const entries = (list as { data?: ({ id?: unknown } | null)[] } | null)?.data;
  if (!Array.isArray(entries)) throw new Error('What it answers is no list of models');
  return entries.map((entry) => entry?.id).filter(isName);
}

/** The user that a key or token of another agent-runtime is. @throws Error in words where that does not answer */
export async function userOf(url: string, token: string): Promise<string> {
  const user = ((await read(`${url}/v1/me`, token)) as { user?: unknown } | null)?.user;
  if (!isName(user)) throw new Error('What it answers is not of agent-runtime');
  return user;
}

/** A name from outside is shown in a terminal, which obeys control characters. */
const isName = (value: unknown): value is string => typeof value === 'string' && isStorable(value);

async function read(url: string, key: string): Promise<unknown> {
  const headers = key ? { authorization: `Bearer ${key}` } : undefined;
  const signal = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(url, { signal, ...(headers && { headers }) }).catch((error: Error) => {
    const { message } = (error.cause as Error | undefined) ?? error;
    throw new Error(`It does not answer: ${message}`, { cause: error });
  });
  if (response.status === 401 || response.status === 403) {
    throw new Error(`It refuses the key (${response.status})`);
  }
  if (!response.ok) throw new Error(`It answers with status ${response.status}`);
  return response.json().catch((error: unknown) => {
    throw new Error('What it answers is no JSON', { cause: error });
  });
}
