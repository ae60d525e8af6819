import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InstallAgents } from '../../src/modules/agents/application/install-agents.js';
import { AgentFiles, agentText } from '../support/agent-files.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { callIn, find, finish, reads, toolResult } from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';

/** The prompts that the model was sent, one for each request. */
const promptsIn = ({ requests }: ScriptedModel) => requests.map(({ messages: [system] }) => system!.content);

describe('the agents that come with the server', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it('are listed, with the one that sessions begin with', async () => {
    const { body } = await app.client.get('/v1/agents');
    const brief = body.data.map(
      ({ id, version, mode, default: isDefault, source }: Record<string, unknown>) => [
        ...[id, version, mode, isDefault, source],
      ],
    );
    expect(brief).toEqual([
      ['architect', '1', 'primary', false, 'installation'],
      ['ask', '1', 'primary', false, 'installation'],
      ['coder', '1', 'primary', false, 'installation'],
      ['debug', '1', 'primary', false, 'installation'],
      ['orchestrator', '1', 'primary', true, 'installation'],
      ['synopsis_manager', '1', 'background', false, 'installation'],
      ['universal', '1', 'primary', false, 'installation'],
    ]);
    expect(body.data[5]).toMatchObject({ name: 'Synopsis manager', tools: [] });
  });

  it('can be read as they are written', async () => {
    const { body } = await app.client.get('/v1/agents/coder');
    expect(body).toMatchObject({ id: 'coder', version: '1', archived_at: null });
    expect(body.definition).toBe(readFileSync('agents/coder.md', 'utf8'));
    const [row] = await app.database.rows(`select owner, definition from agents where id = 'coder'`);
    expect(row).toEqual({ owner: 'runtime', definition: body.definition });
    for (const [path, code] of [
      ['nothing', 'agent.not_found'],
      ['coder?version=2', 'agent.version_not_found'],
      ['nothing?version=1', 'agent.not_found'],
      ['x%00', 'agent.not_found'],
    ]) {
      const answer = await app.client.get(`/v1/agents/${path}`);
      expect([answer.status, answer.body.code]).toEqual([404, code]);
    }
  });

  it('are told to the model, with descriptions, where it may hand over to them', async () => {
    app.model.reset();
    app.model.script({ text: 'Here.' });
    await app.client.ask(await app.client.openSession(), 'Why?', { agent: 'ask' });
    const tool = app.model.requests[0]!.tools!.find(({ function: { name } }) => name === 'switch_agent');
    expect(tool!.function.description).toContain('\n- debug: Finds the cause of a fault');
    expect(tool!.function.description).not.toMatch(/- (ask|orchestrator|universal|synopsis_manager)/);
  });
});

describe('agents in a folder', () => {
  let database: TestDatabase;
  let model: ScriptedModel;
  let files: AgentFiles;
  const apps: TestApp[] = [];

  const start = async (env: Record<string, string> = {}, worker = false): Promise<TestApp> => {
    const app = await TestApp.start({ AGENTS_DIR: files.path, ...env }, { database, model, worker });
    apps.push(app);
    return app;
  };
  const stop = async () => {
    for (const app of apps.splice(0)) await app.stop();
  };
  const versions = () =>
    database.rows<{ version: number; current: boolean; definition: string }>(
      `select version, archived_at is null as current, definition from agents where id = 'reviewer' order by version`,
    );
  const pinned = async (sessionId: string) =>
    (
      await database.rows<{ agent_versions: object }>(
        'select agent_versions from runs where session_id = $1 order by id',
        [sessionId],
      )
    ).map(({ agent_versions: agents }) => agents);

  beforeAll(async () => {
    [database, model] = [await TestDatabase.create(), await ScriptedModel.start()];
  });
  afterAll(async () => {
    await model.stop();
    await database.drop();
  });
  beforeEach(() => {
    model.reset();
    files = new AgentFiles();
  });
  afterEach(async () => {
    await stop();
    files.remove();
    await database.rows(`delete from agents where id = 'reviewer'`);
  });

  it('need one file to be added, and are chosen by their description', async () => {
    files.write(
      'reviewer',
      agentText('Find what is wrong.', 'mode: primary', 'tools: [read_file, attempt_completion]'),
    );
    const app = await start();
    model.reset({ is_atomic: true, agent: 'reviewer', confidence: 'high', reason: 'a review' });
    model.script(finish('Nothing is wrong.'));
    const sessionId = await app.client.openSession();
    const events = await app.client.ask(sessionId, 'Look at my change');
    expect(find(events, 'agent.switched').data).toMatchObject({ from: 'orchestrator', to: 'reviewer' });
    const [asked] = model.classifications;
    expect(asked!.messages[0]!.content).toContain('\n- reviewer: Reviews changes\n');
    expect(asked!.messages[0]!.content).toContain('\n- coder: Carries out one task');
    expect(asked!.messages[0]!.content).not.toMatch(/- (orchestrator|universal|synopsis_manager)/);
    expect(promptsIn(model)).toEqual(['Find what is wrong.']);
    expect(model.requests[0]!.tools!.map((tool) => tool.function.name)).toEqual([
      'read_file',
      'attempt_completion',
    ]);
    expect(await pinned(sessionId)).toEqual([{ orchestrator: 1, reviewer: 1 }]);
  });

  it('take the place of a built-in one with the same name', async () => {
    const app = await start();
    files.write('ask', agentText('Answer in one word.', 'mode: primary'));
    const other = await start();
    model.always({ text: 'Yes.' });
    const sessionId = await other.client.openSession({ agent: 'ask' });
    await other.client.ask(sessionId, 'Is it?');
    expect(promptsIn(model)).toEqual(['Answer in one word.']);
    expect((await other.client.get('/v1/agents/ask')).body.version).toBe('2');
    // A process that started before keeps to its files.
    expect((await app.client.get('/v1/agents/ask')).body.version).toBe('1');
    expect((await app.client.get('/v1/agents/ask?version=2')).body.definition).toContain('one word');
    await database.rows(`delete from agents where id = 'ask' and version = 2`);
    await database.rows(`update agents set archived_at = null where id = 'ask'`);
  });

  it('become the next version where they differ from the newest, also as an older one', async () => {
    for (const prompt of ['One', 'One', 'Two', 'One']) {
      files.write('reviewer', agentText(prompt));
      await start();
      await stop();
    }
    const texts = ['One', 'Two', 'One'].map((prompt) => agentText(prompt));
    expect((await versions()).map(({ definition }) => definition)).toEqual(texts);
    expect((await versions()).map(({ current }) => current)).toEqual([false, false, true]);
  });

  it('get one version from several processes that start at once', async () => {
    files.write('reviewer', agentText('All at once'));
    const started = await Promise.all([start(), start(), start()]);
    await database.rows(`delete from agents where id = 'reviewer'`);
    // What each of them does at its start, at the same moment.
    await Promise.all(started.map((app) => app.nest.get(InstallAgents).onModuleInit()));
    expect(await versions()).toEqual([{ version: 1, current: true, definition: agentText('All at once') }]);
  });

  it('are kept by a run in the version that it began with, while new runs use the newest', async () => {
    files.write('reviewer', agentText('The first'));
    const first = await start();
    model.script(reads(), finish('As the first.'), finish('As the second.'));
    const sessionId = await first.client.openSession({ agent: 'reviewer' });
    const callId = callIn(await first.client.ask(sessionId, 'Look'));
    files.write('reviewer', agentText('The second', 'tools: [attempt_completion]'));
    const second = await start();
    const events = await second.client.stream(sessionId, toolResult(callId));
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    await second.client.ask(sessionId, 'Again');
    expect(promptsIn(model)).toEqual(['The first', 'The first', 'The second']);
    expect(model.requests.map(({ tools }) => tools!.length > 1)).toEqual([true, true, false]);
    expect(await pinned(sessionId)).toEqual([{ reviewer: 1 }, { reviewer: 2 }]);
  });

  it('are archived where their file is gone: runs end as they began, sessions go on with the default', async () => {
    files.write('reviewer', agentText('I stay'));
    const first = await start();
    model.script(reads(), finish('Done.'), { text: 'The coder answers.' });
    const sessionId = await first.client.openSession({ agent: 'reviewer' });
    const callId = callIn(await first.client.ask(sessionId, 'Look'));
    files.delete('reviewer');
    const second = await start();
    expect((await versions()).map(({ current }) => current)).toEqual([false]);
    expect((await second.client.get('/v1/agents/reviewer')).status).toBe(404);
    expect((await second.client.get('/v1/agents/reviewer?version=1')).body.definition).toContain('I stay');
    const ended = await second.client.stream(sessionId, toolResult(callId));
    expect(ended.at(-1)!.data).toMatchObject({ status: 'completed' });
    const events = await second.client.ask(sessionId, 'And now?');
    expect(events.filter(({ type }) => type === 'agent.switched').map(({ data }) => data)).toEqual([
      { from: 'reviewer', to: 'orchestrator', reason: 'the agent reviewer is archived' },
      { from: 'orchestrator', to: 'coder', reason: 'one file', confidence: 'high' },
    ]);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(promptsIn(model).slice(0, 2)).toEqual(['I stay', 'I stay']);
    files.write('reviewer', agentText('I stay'));
    await start();
    expect((await versions()).map(({ current }) => current)).toEqual([true]);
  });

  it('do not start where one is wrong: every fault is named, with its file', async () => {
    files.write('one', agentText('A', 'colour: red', 'tools: [read_file, fly]'));
    files.write('two', '---\ndescription: [\n---\nB');
    files.write('Three', agentText('C'));
    await expect(start()).rejects.toThrow(
      new RegExp(
        [
          'one.md: tools.1: fits no tool; there are read_file',
          'one.md: colour: is no field; there are name, description',
          'Three.md: id: must be',
          'two.md: definition: is no valid YAML in line',
        ]
          .map((text) => `(?=[^]*${text})`)
          .join(''),
      ),
    );
    expect(await versions()).toEqual([]);
  });

  it('do not start where they hand over in a circle', async () => {
    files.write('one', agentText('A', 'hand_over_to: [two]'));
    files.write('two', agentText('B', 'hand_over_to: [three]'));
    files.write('three', agentText('C', 'hand_over_to: [one]'));
    await expect(start()).rejects.toThrow(
      /one\.md: hand_over_to: leads back to one: one → two → three → one/,
    );
  });

  it('do not start where a model is not there', async () => {
    files.write('one', agentText('A', 'model: gone'));
    const path = `${files.path}/models.json`;
    writeFileSync(
      path,
      JSON.stringify({
        providers: [{ id: 'p', api: 'chat', base_url: model.url }],
        models: [{ id: 'here', provider: 'p', limit: { context: 100_000 } }],
        default: 'here',
      }),
    );
    await expect(start({ MODELS_FILE: path })).rejects.toThrow(/the agent one: there is no model gone/);
    expect(await database.rows(`select 1 from agents where id = 'one'`)).toEqual([]);
  });

  it('may not use what they are not given, nor write elsewhere: the model is told so', async () => {
    files.write(
      'reviewer',
      agentText(
        'Write notes.',
        'tools: ["*_file", "*_directory", execute_command, attempt_completion]',
        'disallowed_tools: [execute_*]',
        'write_paths: [notes/**]',
        'max_model_calls: 5',
      ),
    );
    const app = await start();
    const call = (name: string, args: object) => ({ calls: [{ name, args }] });
    model.script(
      call('execute_command', { command: 'ls' }),
      call('write_file', { path: 'src/a.ts', content: '' }),
      call('create_directory', { path: './src/b' }),
      call('write_file', { path: 'notes/a.md', content: '' }),
    );
    const sessionId = await app.client.openSession({ agent: 'reviewer' });
    const events = await app.client.ask(sessionId, 'Go');
    const answers = await database.rows<{ content: string }>(
      `select content from messages where session_id = $1 and role = 'tool' order by position`,
      [sessionId],
    );
    expect(answers.map(({ content }) => content)).toEqual([
      'Error: reviewer may not use execute_command; coder may',
      'Error: reviewer may not write src/a.ts; coder may',
      'Error: reviewer may not write src/b; coder may',
    ]);
    expect(find(events, 'approval.requested').data.approval).toMatchObject({
      subject: 'write_file notes/a.md',
    });
    const edited = await app.client.input(sessionId, {
      type: 'hitl_decision',
      call_id: find(events, 'approval.requested').data.approval.call_id,
      decision: 'edit',
      modified_arguments: { path: 'src/a.ts', content: '' },
    });
    expect([edited.status, edited.body.errors[0].field]).toEqual([400, 'modified_arguments.path']);
  });

  it('may ask their model as often as they say', async () => {
    files.write('reviewer', agentText('Read.', 'max_model_calls: 2'));
    const app = await start();
    model.always(reads('../outside'));
    const events = await app.client.ask(await app.client.openSession({ agent: 'reviewer' }), 'Go');
    expect(events.at(-1)!.data).toMatchObject({ status: 'model_call_limit', usage: { model_calls: 2 } });
  });

  it('are used by jobs in the version that was asked for, also in later attempts', async () => {
    files.write('reviewer', agentText('Old'));
    await start();
    await stop();
    files.write('reviewer', agentText('New'));
    const app = await start({ AGENT_JOB_RETRY_DELAY: '1', LLM_MAX_RETRIES: '0' }, true);
    model.script({ status: 500 }, finish('Old.'));
    const sessionId = await app.client.openSession();
    const ask = (version: string, query = 'Why?') =>
      app.client.post(`/v1/jobs/agents/reviewer/${version}`, { session_id: sessionId, query });
    const { body: job } = await ask('1');
    expect(job).toMatchObject({ agent: 'reviewer', agent_version: '1' });
    const [row] = await database.rows('select idempotency_key from jobs where id = $1', [job.job_id]);
    expect(row).toEqual({ idempotency_key: `agent:reviewer@1:session:${sessionId}` });
    await eventually(async () => {
      const { body } = await app.client.get(`/v1/jobs/${job.job_id}`);
      expect(body).toMatchObject({ status: 'done', attempt: 2, result: { text: 'Old.' } });
    });
    expect(new Set(promptsIn(model))).toEqual(new Set(['Old']));
    expect(await pinned(sessionId)).toEqual([{ reviewer: 1 }, { reviewer: 1 }]);
    expect((await ask('3')).body.code).toBe('agent.version_not_found');
    model.always(finish('New.'));
    for (const version of ['latest', '1.0.0']) expect((await ask(version)).body.agent_version).toBe('2');
  });
});
