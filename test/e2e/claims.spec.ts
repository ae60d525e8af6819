import { AgentRuntime, type CallApproval, type Lent, type ToolContext } from '@agent-runtime/client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { all, find, finish, reads, writes } from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';

const RACE_MS = 60_000;
const CALLS_OF_A_REPLY = 100;
const DONE = finish('Done.');
const runs = { calls: [{ name: 'execute_command', args: { command: 'npm test' } }] };

let database: TestDatabase;
let model: ScriptedModel;
let servers: ServerProcess[];
let env: Record<string, string>;

beforeAll(async () => {
  database = await TestDatabase.create();
  model = await ScriptedModel.start();
  env = { DATABASE_URL: database.url, OPENAI_BASE_URL: model.url };
  servers = await Promise.all([ServerProcess.start(env), ServerProcess.start(env)]);
});
afterAll(async () => {
  await Promise.all((servers ?? []).map((server) => server.stop('SIGKILL')));
  await model?.stop();
  await database?.drop();
});
beforeEach(() => model.reset());

/** A window of an IDE at one of the servers, with a client of its own. */
function openWindow(server: number, sessionId: string, hands: Lent) {
  const crash = new AbortController();
  const runtime = new AgentRuntime({ url: servers[server]!.client.url, signal: crash.signal });
  const lending = runtime.lend(sessionId, hands);
  return { crash: () => crash.abort(), lending };
}

/** What each window executes, by the name of the tool. */
const toolsOf = (executed: string[], work: (context: ToolContext) => unknown = () => 'done') => {
  const tool = (_: object, context: ToolContext) => {
    executed.push(context.call.tool_name);
    return work(context);
  };
  return { read_file: tool, write_file: tool, execute_command: tool };
};

/** Until the call is over for it. */
const forEver = ({ signal }: ToolContext) =>
  new Promise((resolve) => signal.addEventListener('abort', resolve));

const approve: Lent['onApproval'] = () => ({ decision: 'approve' });

it(
  'two windows that race for 200 calls, at two servers, execute each once, and both take part',
  { timeout: RACE_MS },
  async () => {
    const read = reads().calls[0]!;
    const reply = { calls: Array.from({ length: CALLS_OF_A_REPLY }, () => read) };
    model.script(reply, reply, DONE);
    const { client } = servers[0]!;
    const sessionId = await client.openSession({ agent: 'coder', client_claims: 'required' });
    const executed: string[] = [];
    const counts = [0, 0];
    const windows = counts.map((_, server) =>
      openWindow(server, sessionId, {
        tools: toolsOf([], ({ call }) => {
          executed.push(call.call_id);
          return ++counts[server]!;
        }),
      }),
    );
    await client.say(sessionId, 'Read it all');
    const events = await client.readUntil(sessionId, isFinished);
    await Promise.all(windows.map(({ lending }) => lending.close()));
    expect(find(events, 'run.finished').data.status).toBe('completed');
    expect(executed).toHaveLength(2 * CALLS_OF_A_REPLY);
    expect(new Set(executed).size).toBe(2 * CALLS_OF_A_REPLY);
    for (const type of ['tool_call.requested', 'tool_call.claimed', 'tool_call.settled'] as const) {
      expect(all(events, type)).toHaveLength(2 * CALLS_OF_A_REPLY);
    }
    expect(all(events, 'tool_call.released')).toEqual([]);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  },
);

it('of a window that dies another one takes over reads and writes, and a command after an approval', async () => {
  model.script({ calls: [...reads().calls, ...writes().calls, ...runs.calls] }, DONE);
  const { client } = servers[0]!;
  const sessionId = await client.openSession({ agent: 'coder' });
  const begun: string[] = [];
  const dying = openWindow(0, sessionId, { tools: toolsOf(begun, forEver), onApproval: approve });
  await client.say(sessionId, 'Do it');
  await eventually(() => expect(begun.toSorted()).toEqual(['execute_command', 'read_file', 'write_file']));

  const executed: string[] = [];
  const questions: CallApproval[] = [];
  let allow: () => void = () => undefined;
  const allowed = new Promise<void>((resolve) => (allow = resolve));
  const heir = openWindow(1, sessionId, {
    tools: toolsOf(executed),
    onApproval: async (approval) => {
      questions.push(approval);
      await allowed;
      return { decision: 'approve' };
    },
  });
  dying.crash();
  await database.rows('update tool_calls set claim_expires_at = now() where session_id = $1', [sessionId]);
  await eventually(() => expect(executed.toSorted()).toEqual(['read_file', 'write_file']));
  await eventually(() => expect(questions).toMatchObject([{ tool_name: 'execute_command', attempt: 2 }]));
  expect(executed).not.toContain('execute_command');
  allow();
  const events = await client.readUntil(sessionId, isFinished);
  expect(executed).toContain('execute_command');
  expect(executed).toHaveLength(3);
  await heir.lending.close();
  expect(all(events, 'tool_call.requested')).toHaveLength(3);
  expect(all(events, 'tool_call.released').map(({ data }) => data.needs_approval)).toEqual(
    expect.arrayContaining([true, false, false, false]),
  );
});

it('a lapse and the question that follows it are one: a server killed between them leaves both to the next', async () => {
  model.script(runs, DONE);
  const { client } = servers[0]!;
  const sessionId = await client.openSession({ agent: 'coder' });
  const begun: string[] = [];
  const dying = openWindow(0, sessionId, { tools: toolsOf(begun, forEver), onApproval: approve });
  await client.say(sessionId, 'Test it');
  await eventually(() => expect(begun).toEqual(['execute_command']));
  dying.crash();

  // The insert of the question waits for this lock; the lapse is written before it.
  const letGo = await database.lock('lock table approvals in exclusive mode', []);
  await database.rows('update tool_calls set claim_expires_at = now() where session_id = $1', [sessionId]);
  await eventually(async () => {
    const [blocked] = await database.rows<{ count: number }>(
      `select count(*)::int as count from pg_locks where relation = 'approvals'::regclass and not granted`,
    );
    expect(blocked!.count).toBeGreaterThan(0);
  });
  await Promise.all(servers.map((server) => server.stop('SIGKILL')));
  const [call] = await database.rows('select status, attempt from tool_calls where session_id = $1', [
    sessionId,
  ]);
  expect(call).toEqual({ status: 'requested', attempt: 1 });
  await letGo();

  servers = [await ServerProcess.start(env)];
  const events = await servers[0]!.client.readUntil(
    sessionId,
    ({ type, data }) => type === 'approval.requested' && data.approval.attempt === 2,
  );
  expect(all(events, 'tool_call.released').map(({ data }) => data)).toMatchObject([
    { attempt: 2, needs_approval: true },
  ]);
  const approvals = await database.rows(
    'select attempt, status from approvals where session_id = $1 order by attempt',
    [sessionId],
  );
  expect(approvals).toEqual([
    { attempt: 1, status: 'approved' },
    { attempt: 2, status: 'pending' },
  ]);
});
