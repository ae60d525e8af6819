import { ChatCompletionRequest } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { callDecision, finish, toolResult } from '../../support/scenes.js';
import { TestApp } from '../../support/test-app.js';

export const DONE = finish('Done.');

export const PARAMETERS = {
  type: 'object',
  properties: { number: { type: 'integer' }, state: { type: 'string', default: 'open' } },
  required: ['number'],
};

export const tool = (name: string, more: object = {}) => ({
  name,
  description: `Does ${name}`,
  parameters: PARAMETERS,
  ...more,
});

export const LOOK_UP = 'mcp__tickets__look_up';
export const looksUp = (args: object | string = { number: 7 }, name = LOOK_UP) => ({
  calls: [{ name, args }],
});

// A spec about tools that clients declare that imports this has an application of its own.

export let app: TestApp;
/** The session that the functions below are about. */
export let sessionId: string;
export const turnTo = (id: string) => void (sessionId = id);

beforeAll(async () => {
  app = await TestApp.start({ RUN_LEASE_SECONDS: '3', LLM_MAX_RETRIES: '0' });
});
afterAll(() => app.stop());
beforeEach(async () => {
  app.model.reset();
  sessionId = await app.client.openSession({ agent: 'coder' });
});

export const declare = (tools: object[], clientId = 'window-1', ttl = 600, session = sessionId) =>
  app.client.call('PUT', `/v1/sessions/${session}/tools/${encodeURIComponent(clientId)}`, {
    tools,
    ttl_seconds: ttl,
  });
export const lists = async () => (await app.client.get(`/v1/sessions/${sessionId}/tools`)).body.data;
export const withdraw = (clientId = 'window-1') =>
  app.client.call('DELETE', `/v1/sessions/${sessionId}/tools/${clientId}`);
export const answer = (callId: string, more?: object) =>
  app.client.input(sessionId, toolResult(callId, more));
export const allow = (callId: string, more?: object) =>
  app.client.stream(sessionId, callDecision(callId, 'approve', more));

/** The names of the tools of clients in a request, in their order. */
export const shownIn = (request: ChatCompletionRequest | undefined): string[] =>
  (request?.tools ?? [])
    .map(({ function: { name } }) => name)
    .filter((name) => /^(mcp__|own_|a_|b_)/.test(name));
export const shown = () => app.model.requests.map(shownIn);

export const letLapse = (clientId = 'window-1') =>
  app.database.rows(
    `update client_tools set expires_at = now() - interval '1 second' where session_id = $1 and client_id = $2`,
    [sessionId, clientId],
  );
export const digests = async () => {
  const runs = await app.database.rows<{ digest: string | null }>(
    'select tools_digest as digest from runs where session_id = $1 order by id',
    [sessionId],
  );
  return runs.map(({ digest }) => digest);
};
export const callRow = async () => {
  const [row] = await app.database.rows(
    `select tool_name, source, status, arguments, timeout_seconds,
            round(extract(epoch from deadline_at - now()))::int as seconds
       from tool_calls where session_id = $1 order by id desc limit 1`,
    [sessionId],
  );
  return row!;
};
export const content = (place: number) => app.model.requests.at(-1)!.messages.at(place)!.content;
