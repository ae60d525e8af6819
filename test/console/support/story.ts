import type { Approval } from '../../../packages/client/src/index.ts';
import { eventually } from '../../support/eventually.js';
import { NOT_ATOMIC, PLAN, finish, propose } from '../../support/scenes.js';
import type { ConsoleStage } from './console-stage.js';

/** The texts of a story. */
export interface Words {
  /** Up to 60 characters, for names and titles. */
  readonly name: string;
  /** Up to 500 characters. */
  readonly line: string;
  readonly text: string;
  readonly path: string;
  readonly agent: string;
}

/** Of what a tool answers: with more of it the context of the model would have to be made smaller first. */
const MOST_READ = 4_000;

const call = (name: string, args: object) => ({ name, args });
const user = (content: string) => ({ type: 'user_message' as const, content });

/**
 * Two sessions that have something in every place that the console has for it: one whose run waits for decisions, for a client
 * and with words for its agent, and one whose plan was changed and is carried out.
 * @returns the addresses that show them
 */
export async function tell(stage: ConsoleStage, words: Words): Promise<Record<string, string>> {
  const { runtime, model } = stage;
  const definition = {
    name: words.name,
    description: words.line,
    mode: 'all',
    tools: ['read_file', 'edit_file', 'execute_command', 'update_todos', 'attempt_completion', 'client:*'],
  };
  await runtime.agents.put(words.agent, {
    definition: `---\n${JSON.stringify(definition)}\n---\n${words.line}`,
  });
  const planId = await plan(stage, words);

  model.reset();
  model.script(
    { calls: [call('execute_command', { command: words.line, cwd: words.name })] },
    {
      text: words.line,
      reasoning: words.line,
      calls: [
        call('update_todos', {
          items: [
            { text: words.line, status: 'completed' },
            { text: words.name, status: 'in_progress' },
          ],
        }),
        call('read_file', { path: words.path }),
      ],
    },
    {
      text: words.text,
      pace: { chunk: 2_000 }, // with pieces of a few characters a long text takes seconds
      calls: [
        call('edit_file', { path: words.path, edits: [{ old_text: words.line, new_text: words.text }] }),
        call('execute_command', { command: words.line, cwd: 'src' }),
        call('look_up', { [words.name]: words.line }),
        call('read_file', { path: words.path }),
      ],
    },
  );
  const { id } = await runtime.sessions.create({
    title: words.name,
    metadata: { note: words.line },
    agent: words.agent,
    builtin_tools: ['read_file', 'edit_file', 'execute_command'],
    file_hashes: true,
  });
  const clientId = words.name.replaceAll(/[^ -~]/g, '');
  await runtime.tools.declare(id, clientId, {
    ttl_seconds: 300,
    tools: [{ name: 'look_up', description: words.line, parameters: { type: 'object' }, effect: 'write' }],
  });
  await runtime.sessions.setWorkspace(id, {
    name: words.name,
    roots: [{ name: words.name, path: words.path }],
    instructions: [{ path: words.path, content: words.line }],
  });
  const { run } = await runtime.sessions.send(id, {
    ...user(words.text),
    attachments: [
      { type: 'file', path: words.path, content: words.line },
      { type: 'selection', path: words.path, start_line: 1, end_line: 2 },
      { type: 'diagnostics', items: [{ path: words.path, severity: 'error', message: words.line }] },
    ],
  });
  const [allowed] = await pending(stage, id, 1);
  await runtime.approvals.decide(allowed!.id, { decision: 'approve', remember: true });
  await stage.answer(id, words.line);
  await stage.answer(id, `${words.line}\n${words.text.slice(0, MOST_READ)}`, words.path, {
    ...{ type: 'diff', path: words.path, line: 7 },
    ...{ before: words.name, after: words.line },
  });
  await pending(stage, id, 3);
  const open = await runtime.toolCalls.list(id).all();
  const read = open.find(({ tool_name: name, status }) => name === 'read_file' && status === 'requested')!;
  await runtime.toolCalls.claim(read.call_id, { client_id: clientId, lease_seconds: 300 });
  await runtime.sessions.send(id, { ...user(words.line), on_busy: 'steer' });
  await runtime.synopses.edit(id, {
    title: words.name,
    items: [
      { kind: 'heading', text: words.name },
      { kind: 'text', text: words.text.slice(0, 20_000) },
      { kind: 'decision', text: words.line, reason: words.line },
      { kind: 'open_question', text: words.line },
      { kind: 'code', text: words.line, language: words.name.slice(0, 50) },
      { kind: 'list', entries: [words.line] },
    ],
    based_on: 0,
  });
  return {
    inbox: '/',
    session: `/sessions/${id}`,
    plan: `/plans/${planId}`,
    synopsis: `/sessions/${id}/synopsis`,
    run: `/runs/${run!.id}`,
    jobs: '/jobs',
    usage: '/usage',
    agents: '/agents',
    missing: '/nothing/here',
  };
}

/** A plan in its second version, whose first step is done and whose second one waits for a client. */
async function plan(stage: ConsoleStage, words: Words): Promise<string> {
  const { runtime, model } = stage;
  const proposal = {
    title: words.name,
    description: words.text.slice(0, 10_000),
    subtasks: PLAN.subtasks.map((step) => ({ ...step, title: words.name, description: words.line })),
  };
  model.reset(NOT_ATOMIC);
  model.script(
    propose({ ...proposal, title: 'The first one' }),
    propose(proposal),
    finish(words.text.slice(0, MOST_READ)),
    {
      text: words.line,
      calls: [call('read_file', { path: words.path })],
    },
  );
  const { id } = await runtime.sessions.create({ title: words.name });
  await runtime.sessions.send(id, user('Build it'));
  const decide = async (version: number, decision: 'modify' | 'approve') => {
    const approval = await eventually(async () => {
      const [asked] = await pending(stage, id, 1);
      if ((await runtime.plans.get(asked!.plan_id!)).version !== version) throw new Error('not yet');
      return asked!;
    });
    await runtime.approvals.decide(approval.id, { decision, feedback: words.line });
    return approval.plan_id!;
  };
  await decide(1, 'modify');
  const planId = await decide(2, 'approve');
  await eventually(async () => {
    const { active_run: run } = await runtime.sessions.get(id);
    if (run?.status !== 'waiting') throw new Error('the second step does not wait yet');
    if ((await runtime.plans.get(planId)).progress.done !== 1)
      throw new Error('the first step is not done yet');
  });
  return planId;
}

const pending = ({ runtime }: ConsoleStage, sessionId: string, count: number): Promise<Approval[]> =>
  eventually(async () => {
    const asked = await runtime.sessions.approvals(sessionId, { status: 'pending' }).all();
    if (asked.length !== count) throw new Error(`${asked.length} questions wait`);
    return asked;
  }, 20_000);
