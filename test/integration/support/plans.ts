import { afterAll, beforeAll, beforeEach } from 'vitest';
import { SentEvent } from '../../support/client.js';
import { NOT_ATOMIC, all, planDecision } from '../../support/scenes.js';
import { TestApp } from '../../support/test-app.js';

// A spec about plans that imports this has an application of its own.

export let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ LLM_MAX_RETRIES: '0' });
});
afterAll(() => app.stop());
beforeEach(() => app.model.reset(NOT_ATOMIC));

export const decide = (sessionId: string, planId: string, decision: string, more: object = {}) =>
  app.client.stream(sessionId, planDecision(planId, decision, more));

export const plan = async (planId: string) => (await app.client.get(`/v1/plans/${planId}`)).body;

export const transitions = (planId: string) =>
  app.database.rows(
    'select action, from_status, to_status, revision, decided_by, reason from plan_transitions where plan_id = $1 order by id',
    [planId],
  );

export const phases = (events: SentEvent[]) =>
  all(events, 'run.phase_changed').map((event) => event.data.event);

export const contents = async (sessionId: string, query = '') => {
  const { body } = await app.client.get(`/v1/sessions/${sessionId}/messages${query}`);
  return body.data.map((message: { role: string; content: string }) => [message.role, message.content]);
};
