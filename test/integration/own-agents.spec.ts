import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agentText } from '../support/agent-files.js';
import type { TestClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { all, askedIn, callIn, find, finish, reads, toolResult, writes } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

const RULES = [
  { tool: 'write_file', agent: 'coder', action: 'allow', reason: 'the coder may' },
  { tool: 'write_file', agent: 'user:trusted', action: 'allow', reason: 'this one may' },
  { tool: 'read_file', when: { path: 'secret' }, action: 'deny', reason: 'it is private' },
];

let folder: string;
let app: TestApp;
let alice: TestClient;
let bob: TestClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-runtime-policy-'));
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ rules: RULES }));
  app = await TestApp.start(
    { AUTH_MODE: 'api_key', APPROVAL_POLICY_FILE: join(folder, 'policy.json') },
    { worker: true },
  );
  [alice, bob] = [await app.as('alice'), await app.as('bob')];
});
afterAll(async () => {
  await app.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  app.model.reset();
  await app.database.rows(`delete from agents where owner <> 'runtime'`);
});

const put = (id: string, definition: string, basedOn: unknown = 0, user = alice) =>
  user.call('PUT', `/v1/agents/${id}`, { definition, based_on: basedOn });

const stored = (id = 'reviewer') =>
  app.database.rows(
    `select owner, version, archived_at is null as current from agents where id = $1 order by owner, version`,
    [id],
  );

const systemPrompts = () => app.model.requests.map(({ messages: [system] }) => system!.content);

describe('an agent of a user', () => {
  it('is defined by a request, and is theirs alone', async () => {
    const { status, body } = await put('reviewer', agentText('Find faults.', 'name: The reviewer'));
    expect([status, body]).toEqual([
      200,
      {
        id: 'reviewer',
        version: '1',
        name: 'The reviewer',
        description: 'Reviews changes',
        mode: 'all',
        default: false,
        source: 'user',
        takes_subtasks: true,
        tools: expect.not.arrayContaining(['create_plan']),
        definition: agentText('Find faults.', 'name: The reviewer'),
        created_at: expect.any(String),
        archived_at: null,
      },
    ]);
    expect((await alice.get('/v1/agents')).body.data.at(-1)).toMatchObject({ id: 'reviewer', version: '1' });
    expect((await alice.get('/v1/agents/reviewer')).body).toEqual(body);
    expect((await bob.get('/v1/agents')).body.data).toHaveLength(7);
    const session = await bob.openSession();
    for (const answer of [
      await bob.get('/v1/agents/reviewer'),
      await bob.get('/v1/agents/reviewer?version=1'),
      await bob.call('DELETE', '/v1/agents/reviewer'),
      await bob.post('/v1/sessions', { agent: 'reviewer' }),
      await bob.say(session, 'Hi', { agent: 'reviewer' }),
      await bob.input(session, { type: 'switch_agent', agent: 'reviewer' }),
      await bob.post('/v1/jobs/agents/reviewer/latest', { session_id: session, query: 'Why?' }),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([404, 'agent.not_found']);
      expect(answer.body.detail).not.toMatch(/are .*reviewer/);
    }
    expect((await put('reviewer', agentText('Mine'), 0, bob)).body.version).toBe('1');
    expect(await stored()).toEqual([
      { owner: 'alice', version: 1, current: true },
      { owner: 'bob', version: 1, current: true },
    ]);
  });

  it('gets a version with each change, which must be based on the newest', async () => {
    await put('reviewer', agentText('One'));
    expect((await put('reviewer', agentText('Two'), '1')).body.version).toBe('2');
    const stale = await put('reviewer', agentText('Three'), 1);
    expect([stale.status, stale.body.code, stale.body.version]).toEqual([409, 'agent.version_changed', '2']);
    const repeated = await put('reviewer', agentText('Two'), 1);
    expect([repeated.status, repeated.body.version]).toEqual([200, '2']);
    expect((await put('reviewer', agentText('One'), 2)).body.version).toBe('3');
    expect((await alice.get('/v1/agents/reviewer?version=2')).body).toMatchObject({
      definition: agentText('Two'),
      archived_at: expect.any(String),
    });
    const saved = await Promise.all(['x', 'y', 'z'].map((prompt) => put('reviewer', agentText(prompt), 3)));
    expect(saved.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409']);
    expect(await stored()).toHaveLength(4);
  });

  it('does not take the name of an agent of the installation', async () => {
    for (const answer of [
      await put('coder', agentText('Mine')),
      await alice.call('DELETE', '/v1/agents/ask'),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([409, 'agent.name_taken']);
    }
    // A process with newer files has taken this one.
    await app.database.rows(
      `insert into agents values ('runtime', 'reviewer', 1, '', repeat('0', 64), now(), null)`,
    );
    expect((await put('reviewer', agentText('Mine'))).body.code).toBe('agent.name_taken');
    await app.database.rows(`delete from agents where id = 'reviewer'`);
  });

  it.each([
    ['an unknown field', agentText('A', 'colour: red'), 'definition.colour'],
    ['an unknown tool', agentText('A', 'tools: [read_file, fly]'), 'definition.tools.1'],
    ['a model that is not there', agentText('A', 'model: gone'), 'definition.model'],
    [
      'an effort that the model does not know',
      agentText('A', 'reasoning_effort: high'),
      'definition.reasoning_effort',
    ],
    ['a circle', agentText('A', 'hand_over_to: [tester]'), 'definition.hand_over_to'],
    ['a hand-over to an unknown agent', agentText('A', 'hand_over_to: [gone]'), 'definition.hand_over_to.0'],
    [
      'a hand-over to a background agent',
      agentText('A', 'hand_over_to: [synopsis_manager]'),
      'definition.hand_over_to.0',
    ],
    ['no prompt', agentText(' '), 'definition.prompt'],
    ['too long a prompt', agentText('ж'.repeat(33_000)), 'definition.prompt'],
    ['no description', '---\nmode: all\n---\nA', 'definition.description'],
    ['no frontmatter', 'You review.', 'definition'],
    ['faulty YAML', '---\ndescription: [\n---\nA', 'definition'],
    ['YAML with aliases', agentText('A', 'tools: &a [read_file]', 'write_paths: *a'), 'definition'],
    ['a path outside', agentText('A', 'write_paths: [../x]'), 'definition.write_paths.0'],
    ['a temperature out of range', agentText('A', 'temperature: 3'), 'definition.temperature'],
  ])('is refused with %s, by field', async (_what, definition, field) => {
    await put('tester', agentText('A', 'hand_over_to: [reviewer]'));
    await put('reviewer', agentText('A'));
    await app.database.rows(`delete from agents where id = 'tester'`);
    await put('tester', agentText('A', 'hand_over_to: [reviewer]'));
    const { status, body } = await put('reviewer', definition, 1);
    expect([status, body.code, body.errors.map((fault: { field: string }) => fault.field)]).toEqual([
      ...[400, 'request.invalid', [field]],
    ]);
    expect(await stored()).toHaveLength(1);
  });

  it.each(['Reviewer', 'a b', 'custom', 'x'.repeat(65), '-x'])('is not called %s', async (id) => {
    const { status, body } = await put(encodeURIComponent(id), agentText('A'));
    expect([status, body.errors[0].field]).toEqual([400, 'id']);
  });

  it('is one of 200 at most', async () => {
    await app.database.rows(
      `insert into agents select 'alice', 'a' || n, 1, $1, repeat('0', 64), now(), null from generate_series(1, 199) n`,
      [agentText('A')],
    );
    expect((await put('reviewer', agentText('A'))).status).toBe(200);
    expect((await put('another', agentText('A'))).body.code).toBe('agent.limit_reached');
    expect((await put('reviewer', agentText('B'), 1)).status).toBe(200);
    expect((await alice.get('/v1/agents')).body.data).toHaveLength(207);
    expect((await put('another', agentText('A'), 0, bob)).status).toBe(200);
  });

  it('is chosen by its description, and handed over to', async () => {
    await put('reviewer', agentText('Find faults.', 'hand_over_to: [coder]'));
    app.model.reset({ is_atomic: true, agent: 'reviewer', confidence: 'high', reason: 'a review' });
    app.model.script(
      { calls: [{ name: 'switch_agent', args: { agent: 'debug', reason: 'no' } }] },
      { calls: [{ name: 'switch_agent', args: { agent: 'coder', reason: 'it is work' } }] },
      { calls: [{ name: 'switch_agent', args: { agent: 'reviewer', reason: 'done' } }] },
      finish('Fine.'),
    );
    const sessionId = await alice.openSession();
    const switches = await app.growth('agent_switches_total');
    const events = await alice.ask(sessionId, 'Look at it');
    expect(all(events, 'agent.switched').map(({ data }) => data.to)).toEqual([
      'reviewer',
      'coder',
      'reviewer',
    ]);
    expect(app.model.classifications[0]!.messages[0]!.content).toContain('- reviewer: Reviews changes');
    const answer = app.model.requests[1]!.messages.at(-1)!.content;
    expect(answer).toContain('You cannot hand over to debug; there are coder');
    const tools = app.model.requests[0]!.tools!.map(({ function: tool }) => tool);
    expect(tools.find(({ name }) => name === 'switch_agent')!.description).toMatch(/Agents:\n- coder: .*$/);
    expect(await switches()).toEqual({
      'agent_switches_total{from="orchestrator",to="custom"}': 1,
      'agent_switches_total{from="custom",to="coder"}': 1,
      'agent_switches_total{from="coder",to="custom"}': 1,
    });
    const [run] = await app.database.rows('select agent_versions from runs where session_id = $1', [
      sessionId,
    ]);
    expect(run).toEqual({ agent_versions: { orchestrator: 1, reviewer: 1, coder: 1 } });
    app.model.reset();
    app.model.script({ text: 'Hi.' });
    await bob.ask(await bob.openSession(), 'Hello');
    expect(app.model.classifications[0]!.messages[0]!.content).not.toContain('reviewer');
  });

  it('carries out subtasks of a plan', async () => {
    await put('reviewer', agentText('Find faults.', 'mode: subagent'));
    const subtasks = [{ title: 'Review it', description: 'Look', agent: 'reviewer' }];
    app.model.script(
      { calls: [{ name: 'create_plan', args: { title: 'Review', description: 'All', subtasks } }] },
      finish('Nothing found.'),
    );
    const sessionId = await alice.openSession({ agent: 'architect' });
    const proposed = await alice.ask(sessionId, 'Plan a review');
    const { id: planId } = find(proposed, 'plan.approval_required').data.plan;
    // Deleted after it was approved with the plan.
    await alice.call('DELETE', '/v1/agents/reviewer');
    const events = await alice.stream(sessionId, {
      type: 'plan_decision',
      plan_id: planId,
      decision: 'approve',
    });
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(systemPrompts().at(-1)).toBe('Find faults.');
    expect((await alice.post('/v1/sessions', { agent: 'reviewer' })).body.code).toBe('agent.not_found');
  });

  it('is asked by the policy as user:<id>: only rules without an agent fit it, or that name', async () => {
    await put('reviewer', agentText('A'));
    await put('trusted', agentText('A'));
    app.model.script(reads('secret'), writes(), writes());
    const sessionId = await alice.openSession({ agent: 'reviewer' });
    const events = await alice.ask(sessionId, 'Go');
    expect(app.model.requests[1]!.messages.at(-1)!.content).toContain('it is private');
    expect(askedIn(events)).toMatchObject({ reason: 'It changes a file' });
    const trusted = await alice.openSession({ agent: 'trusted' });
    expect(find(await alice.ask(trusted, 'Go'), 'tool_call.requested').data.tool_name).toBe('write_file');
  });

  it('is used to the end of a run although it is changed and deleted; then the default answers', async () => {
    await put('reviewer', agentText('The first'));
    app.model.script(reads(), reads(), finish('Done.'), { text: 'Here.' });
    const sessionId = await alice.openSession({ agent: 'reviewer' });
    const first = callIn(await alice.ask(sessionId, 'Go'));
    await put('reviewer', agentText('The second'), 1);
    const second = callIn(await alice.stream(sessionId, toolResult(first)));
    await alice.call('PATCH', `/v1/sessions/${sessionId}`, { title: 'Still there' });
    expect((await alice.call('DELETE', '/v1/agents/reviewer')).status).toBe(204);
    expect((await alice.call('DELETE', '/v1/agents/reviewer')).status).toBe(404);
    const ended = await alice.stream(sessionId, toolResult(second));
    expect(ended.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(systemPrompts()).toEqual(['The first', 'The first', 'The first']);
    const events = await alice.ask(sessionId, 'And now?');
    expect(all(events, 'agent.switched')[0]!.data).toMatchObject({ from: 'reviewer', to: 'orchestrator' });
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(await stored()).toEqual([
      { owner: 'alice', version: 1, current: false },
      { owner: 'alice', version: 2, current: false },
    ]);
    expect((await put('reviewer', agentText('Anew'), 2)).body.code).toBe('agent.version_changed');
    expect((await put('reviewer', agentText('Anew'), 0)).body.version).toBe('3');
  });

  it('works in the background, where metrics do not name it', async () => {
    await put('reviewer', agentText('In the background', 'mode: background'));
    app.model.script(finish('Found nothing.'));
    const jobs = await app.growth('jobs_total');
    const sessionId = await alice.openSession();
    const { status, body: job } = await alice.post('/v1/jobs/agents/reviewer/latest', {
      session_id: sessionId,
      query: 'Why?',
    });
    expect([status, job.agent_version]).toEqual([202, '1']);
    await eventually(async () => {
      expect((await alice.get(`/v1/jobs/${job.job_id}`)).body.result).toMatchObject({
        text: 'Found nothing.',
      });
    });
    expect(systemPrompts()).toEqual(['In the background']);
    expect(Object.keys(await jobs())).toContain('jobs_total{type="agent:custom",status="done"}');
    expect((await alice.post('/v1/sessions', { agent: 'reviewer' })).status).toBe(404);
  });
});
