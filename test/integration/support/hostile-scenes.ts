import { NOT_ATOMIC, PLAN, planDecision, planIdIn, propose, reads, writes } from '../../support/scenes.js';
import { TestApp } from '../../support/test-app.js';

/** A session in some state, and what it holds: values for the parameters and fields of these names. */
export type Scene = Readonly<Record<string, string>>;

/** What the model says to everything that is not scripted: words, and a synopsis where one is asked for. */
const WORDS = { text: JSON.stringify({ title: 'Words', items: [{ kind: 'text', text: 'Said' }] }) };

/** Sessions in which every kind of input has something to reach. */
export async function openScenes(app: TestApp): Promise<Scene[]> {
  const { client, model } = app;
  model.reset();
  model.script(reads(), writes(), WORDS);
  const requested = await client.openSession({ agent: 'coder' });
  await client.ask(requested, 'Read');
  const asked = await client.openSession({ agent: 'coder' });
  await client.ask(asked, 'Write');
  const finished = await client.openSession({ agent: 'ask' });
  await client.ask(finished, 'Explain');

  model.reset(NOT_ATOMIC);
  model.script(propose(PLAN), propose(PLAN), { status: 400 }, { status: 400 });
  const reviewed = await client.openSession();
  await client.ask(reviewed, 'Build');
  const failed = await client.openSession();
  const events = await client.ask(failed, 'Build');
  await client.stream(failed, planDecision(planIdIn(events), 'approve'));

  model.reset();
  model.always(WORDS);
  const archived = await client.openSession();
  await client.post('/v1/jobs/agents/ask/1.0.0', { session_id: finished, query: 'Why?' });
  await client.call('PUT', `/v1/sessions/${finished}/synopsis`, JSON.parse(WORDS.text));
  await client.call('PATCH', `/v1/sessions/${archived}`, { archived: true });
  return Promise.all(
    [requested, asked, finished, reviewed, failed, archived].map((session) => sceneOf(app, session)),
  );
}

async function sceneOf({ database }: TestApp, sessionId: string): Promise<Scene> {
  const [scene] = await database.rows<Scene>(
    `select s.id as session_id, r.id as run_id, c.id as call_id, a.id as approval_id, p.id as plan_id, j.id as job_id
       from sessions s
       left join runs r on r.session_id = s.id left join tool_calls c on c.session_id = s.id
       left join approvals a on a.session_id = s.id left join plans p on p.session_id = s.id
       left join jobs j on j.session_id = s.id
      where s.id = $1 limit 1`,
    [sessionId],
  );
  return Object.fromEntries(Object.entries(scene!).filter(([, id]) => id !== null));
}
