import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RunSupervisor } from '../../src/modules/runs/application/supervision/run-supervisor.js';
import { TestClient, isFinished, typesOf } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import {
  NOT_ATOMIC,
  all,
  askedIn,
  callDecision,
  callIn,
  find,
  finish,
  planDecision,
  planIdIn,
  propose,
  reads,
  toolResult,
  writes,
} from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';

describe('after a kill -9', () => {
  let database: TestDatabase;
  let model: ScriptedModel;
  let server: ServerProcess;
  let app: TestApp | undefined;
  let sessionId: string;

  beforeAll(async () => {
    model = await ScriptedModel.start();
  });
  afterAll(() => model.stop());

  beforeEach(async () => {
    model.reset(NOT_ATOMIC);
    database = await TestDatabase.create();
    server = await ServerProcess.start({ DATABASE_URL: database.url, OPENAI_BASE_URL: model.url });
    sessionId = await server.client.openSession();
  });
  afterEach(async () => {
    await server.stop('SIGKILL');
    await app?.stop();
    app = undefined;
    await database.drop();
  });

  /** Kills the process, lets time pass, and starts another one. */
  const restart = async (meanwhile?: () => Promise<unknown>): Promise<TestClient> => {
    await server.stop('SIGKILL');
    await meanwhile?.();
    app = await TestApp.start({}, { database, model });
    return app.client;
  };

  it('a plan in review is decided on as if nothing had happened', async () => {
    model.script(propose(), finish('written'), finish('checked'));
    const planId = planIdIn(await server.client.ask(sessionId, 'Build it'));
    const client = await restart();
    expect((await client.get(`/v1/sessions/${sessionId}/approvals?status=pending`)).body.data).toHaveLength(
      1,
    );
    const events = await client.stream(sessionId, planDecision(planId, 'approve'));
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it('an approval waits on, and can be given', async () => {
    model.script(writes('a'), finish('Done.'));
    const approval = askedIn(await server.client.ask(sessionId, 'Write', { agent: 'coder' }));
    const client = await restart();
    const events = await client.stream(sessionId, callDecision(approval.call_id, 'approve'));
    expect(typesOf(events)).toEqual(['approval.resolved', 'tool_call.requested', 'run.waiting']);
  });

  it('a deadline has counted also while nothing ran', async () => {
    model.script(writes('a'), { text: 'Your answer did not come.' });
    await server.client.ask(sessionId, 'Write', { agent: 'coder' });
    const client = await restart(() =>
      database.rows(`update approvals set expires_at = now() - interval '1 hour'`),
    );
    const events = await client.readUntil(sessionId, isFinished);
    expect(find(events, 'approval.resolved').data).toMatchObject({
      decided_by: 'runtime',
      reason: 'expired',
    });
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it('a subtask goes on from its last recorded step', async () => {
    const slow = { text: 'word '.repeat(1000), pace: { chunk: 5, tokensPerSecond: 50 } };
    model.script(propose(), reads(), slow, finish('written'), finish('checked'));
    const planId = planIdIn(await server.client.ask(sessionId, 'Build it'));
    const begun = await server.client.stream(sessionId, planDecision(planId, 'approve'));
    const callId = callIn(begun);
    const { body } = await server.client.input(sessionId, toolResult(callId, { result: 'X' }));
    await server.client.readUntil(sessionId, (event) => event.type === 'message.delta', body.last_event_id);

    const client = await restart();
    app!.nest.get(RunSupervisor).start(body.run.id);
    const events = await client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(all(events, 'tool_call.requested')).toHaveLength(1);
    expect(model.requests[3]!.messages.at(-1)).toMatchObject({ role: 'tool', content: 'X' });
    const plan = await client.get(`/v1/plans/${planId}`);
    expect(
      plan.body.subtasks.map(({ attempt, result }: { attempt: number; result: string }) => [attempt, result]),
    ).toEqual([
      [1, 'written'],
      [1, 'checked'],
    ]);
  });
});
