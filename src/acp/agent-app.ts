import {
  type AgentApp,
  type AuthMethod,
  type InitializeResponse,
  PROTOCOL_VERSION,
  agent,
  methods,
} from '@agentclientprotocol/sdk';
import type { OpenSessions } from './open-sessions.js';
import { answering } from './problems.js';

const CAPABILITIES: Pick<InitializeResponse, 'agentCapabilities'> = {
  agentCapabilities: {
    loadSession: true,
    promptCapabilities: { embeddedContext: true, image: true },
    mcpCapabilities: { http: true, sse: true },
    sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {}, additionalDirectories: {} },
  },
};

/** For a terminal of the editor, which appends the arguments to what starts the bridge. */
const SETUP: AuthMethod = {
  type: 'terminal',
  id: 'setup',
  name: 'Set up',
  description: 'Asks which model answers, or which server',
  args: ['acp', 'setup'],
};

const { session } = methods.agent;

/** What is done for each request of an editor. `initialize` is answered without the server. */
export const agentApp = (sessions: OpenSessions, version: string, canBeSetUp: boolean): AgentApp =>
  agent({ name: 'agent-runtime' })
    .onRequest(methods.agent.initialize, ({ params }) => {
      sessions.capabilities = params.clientCapabilities ?? {};
      if (params.clientInfo) sessions.editor = `${params.clientInfo.name} ${params.clientInfo.version}`;
      const agentInfo = { name: 'agent-runtime', title: 'agent-runtime', version };
      const authMethods = canBeSetUp && params.clientCapabilities?.auth?.terminal ? [SETUP] : [];
      return { protocolVersion: PROTOCOL_VERSION, ...CAPABILITIES, authMethods, agentInfo };
    })
    .onRequest(
      session.new,
      answering(async ({ params, client, requestId }) => {
        const opened = await sessions.create(params, client);
        sessions.begin(opened, requestId, false);
        return { sessionId: opened.id, ...opened.choices };
      }),
    )
    .onRequest(
      session.load,
      answering(async ({ params, client, requestId }) => {
        const opened = await sessions.reopen(params, client, true);
        sessions.begin(opened, requestId, true);
        return opened.choices;
      }),
    )
    .onRequest(
      session.resume,
      answering(async ({ params, client, requestId }) => {
        const opened = await sessions.reopen(params, client, false);
        sessions.begin(opened, requestId, true);
        return opened.choices;
      }),
    )
    .onRequest(
      session.list,
      answering(({ params }) => sessions.list(params.cwd ?? undefined, params.cursor ?? undefined)),
    )
    .onRequest(
      session.close,
      answering(async ({ params }) => {
        await sessions.close(params.sessionId);
        return {};
      }),
    )
    .onRequest(
      session.delete,
      answering(async ({ params }) => {
        await sessions.close(params.sessionId);
        await sessions.delete(params.sessionId);
        return {};
      }),
    )
    .onRequest(
      session.setMode,
      answering(async ({ params }) => {
        await sessions.get(params.sessionId).choose('agent', params.modeId);
        return {};
      }),
    )
    .onRequest(
      session.setConfigOption,
      answering(async ({ params }) => {
        const chosen = sessions.get(params.sessionId);
        await chosen.choose(params.configId, String(params.value));
        return { configOptions: chosen.choices.configOptions };
      }),
    )
    .onRequest(
      'session/set_model', // of editors that do not know options yet
      (params) => params as { sessionId: string; modelId: string },
      answering(async ({ params }) => {
        await sessions.get(params.sessionId).choose('model', params.modelId);
        return {};
      }),
    )
    .onRequest(
      session.prompt,
      answering(({ params }) => sessions.get(params.sessionId).prompt(params.prompt)),
    )
    .onNotification(session.cancel, ({ params }) => sessions.cancel(params.sessionId));
