import { afterEach, beforeEach } from 'vitest';
import { AgentRuntime } from '../../src/index.ts';
import { ScriptedServer, json } from './scripted-server.ts';

export const MESSAGES = 'POST /v1/sessions/s1/messages';
export const OF_RUN = 'GET /v1/runs/r1/events';
export const SESSION = 'GET /v1/sessions/s1';

// Set by `serveRun`, for each test.
export let server: ScriptedServer;
/** What it does ends with the test. */
export let runtime: AgentRuntime;

/** Has a server for each test of this file, on which a message begins the run `r1`. */
export function serveRun(): void {
  let ending: AbortController;

  beforeEach(() => {
    server = new ScriptedServer()
      .on(MESSAGES, json({ run: { id: 'r1' }, last_event_id: '0' }, 202))
      .on('GET /v1/runs/r1', json({ status: 'running' }));
    ending = new AbortController();
    runtime = new AgentRuntime({ url: 'http://server.test', fetch: server.fetch, signal: ending.signal });
  });
  afterEach(() => ending.abort());
}
