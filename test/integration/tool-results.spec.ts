import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ToolResultPruner } from '../../src/modules/runs/infrastructure/tool-result-pruner.js';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import {
  UNKNOWN,
  askedIn,
  callDecision,
  callIn,
  find,
  finish,
  reads,
  toolResult,
  writes,
} from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

/** The smallest that may be set: TOOL_RESULT_MAX_CHARACTERS. */
const MOST = 4_000;
const MARK = 'in-the-middle';
/** 1,000 lines with a mark in line 500. */
const LONG = Array.from({ length: 1_000 }, (_, n) => `line ${n + 1}${n === 499 ? ` ${MARK}` : ''}`).join(
  '\n',
);

const DONE = finish('Done.');
const readResult = (args: object) => ({ calls: [{ name: 'read_result', args }] });

describe('A result that is too long', () => {
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start({ TOOL_RESULT_MAX_CHARACTERS: String(MOST), AUTH_MODE: 'api_key' });
  });
  afterAll(() => app.stop());

  let alice: typeof app.client;
  beforeAll(async () => {
    alice = await app.as('alice');
  });
  beforeEach(async () => {
    app.model.reset();
    sessionId = await alice.openSession({ agent: 'coder' });
  });

  /** A call that waits for its result. */
  const ask = async (session = sessionId) => {
    app.model.reset();
    app.model.script(reads());
    const callId = callIn(await alice.ask(session, 'Look'));
    app.model.reset();
    app.model.script(DONE);
    return callId;
  };
  const answer = (callId: string, given: object = { result: LONG }) =>
    alice.input(sessionId, toolResult(callId, given));
  const wholeOf = (callId: string, client = alice) => client.get(`/v1/tool-calls/${callId}/result`);
  /** What the model is answered that calls read_result. */
  const read = async (args: object) => {
    app.model.reset();
    app.model.script(readResult(args), DONE);
    const events = await alice.ask(sessionId, 'Go on');
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    const told = app.model.requests[1]!.messages.at(-1)!;
    expect(told.role).toBe('tool');
    return told.content as string;
  };

  it('is cut once, and nothing carries more of it; the whole is kept apart', async () => {
    const callId = await ask();
    const once = alice.with({ 'idempotency-key': sessionId });
    const { status, body } = await once.input(sessionId, toolResult(callId, { result: LONG }));
    expect(status).toBe(202);
    const { content, truncated } = body.message;
    expect(truncated).toEqual({ characters: LONG.length });
    expect(content.length).toBeLessThanOrEqual(MOST);
    expect(content).toContain(callId);
    expect(content.startsWith('line 1\n') && content.endsWith('\nline 1000')).toBe(true);

    const events = await alice.readUntil(sessionId, isFinished);
    const created = events.filter((event) => event.type === 'message.created').at(-1)!;
    expect(created.data.message).toEqual(body.message);
    const history = await alice.get(`/v1/sessions/${sessionId}/messages`);
    expect(history.body.data).toContainEqual(body.message);
    expect(app.model.requests[0]!.messages.at(-1)).toMatchObject({ role: 'tool', content });

    expect(await tablesWith(app.database, MARK)).toEqual(['tool_results']);
    expect(await app.database.rows('select content from tool_results where call_id = $1', [callId])).toEqual([
      { content: LONG },
    ]);
    expect((await wholeOf(callId)).body).toBe(LONG);
  });

  it.each<[string, string, number | null]>([
    ['of as many characters as may be', 'x'.repeat(MOST), null],
    ['of one more', 'x'.repeat(MOST + 1), MOST + 1],
  ])('is one %s or not', async (_what, result, characters) => {
    const callId = await ask();
    const { body } = await answer(callId, { result });
    expect(body.message.truncated?.characters ?? null).toBe(characters);
    const kept = await app.database.rows('select 1 from tool_results where call_id = $1', [callId]);
    expect(kept).toHaveLength(characters === null ? 0 : 1);
    const whole = await wholeOf(callId);
    expect([whole.status, whole.headers.get('content-type'), whole.body]).toEqual([
      ...[200, 'text/plain; charset=utf-8', result],
    ]);
  });

  it('is cut together with the notes on it, and keeps no character that cannot be stored', async () => {
    app.model.script(writes());
    const { call_id: callId } = askedIn(await alice.ask(sessionId, 'Write'));
    const edit = { modified_arguments: { path: 'b.txt', content: 'edited '.repeat(1_000) } };
    await alice.input(sessionId, callDecision(callId, 'edit', edit));
    app.model.reset();
    app.model.script(DONE);
    const { body } = await answer(callId, { error: `${'x'.repeat(MOST)}\0\ud800` });
    expect(body.message.content.length).toBeLessThanOrEqual(MOST);
    const { body: whole } = await wholeOf(callId);
    expect(whole).toContain('x\ufffd\ufffd\n\n(NUL and halves');
    expect(whole).toContain('edited edited');
    expect(whole.startsWith('Error: xxx')).toBe(true);
  });

  it('is the same again by what was sent, with keys in any order', async () => {
    const callId = await ask();
    const first = await answer(callId, { result: { a: LONG, b: 1 } });
    const again = await answer(callId, { result: { b: 1, a: LONG } });
    expect([again.status, again.body.message]).toEqual([200, first.body.message]);
    const lookAlike = LONG.replace(MARK, 'in the middle'); // its beginning, its end and its length are the same
    for (const other of [
      { result: { a: lookAlike, b: 1 } },
      { error: LONG },
      { result: first.body.message.content },
    ]) {
      expect((await answer(callId, other)).body.code).toBe('tool_call.already_settled');
    }
    const [call] = await app.database.rows<{ outcome_hash: Buffer }>(
      'select outcome_hash from tool_calls where id = $1',
      [callId],
    );
    expect(call!.outcome_hash).toHaveLength(32);
  });

  it('that an earlier release has stored is compared with what is stored', async () => {
    const callId = await ask();
    await answer(callId, { result: { a: 1, b: 2 } });
    await app.database.rows('update tool_calls set outcome_hash = null where id = $1', [callId]);
    expect((await answer(callId, { result: { b: 2, a: 1 } })).status).toBe(200);
    expect((await answer(callId, { result: { b: 2, a: 2 } })).status).toBe(409);
  });

  it('is read on by the model: lines, lines with a word, and where there is more', async () => {
    const callId = await ask();
    await answer(callId);
    await alice.readUntil(sessionId, isFinished);
    expect(await read({ call_id: callId, start_line: 499, end_line: 501 })).toBe(
      `[lines 499 to 501 of 1000]\nline 499\nline 500 ${MARK}\nline 501`,
    );
    expect(await read({ call_id: callId, query: MARK.toUpperCase() })).toMatch(
      /\n500: line 500 in-the-middle$/,
    );
    const all = await read({ call_id: callId });
    expect(all.length).toBeLessThanOrEqual(MOST);
    expect(all).toMatch(/^\[lines 1 to \d+ of 1000; go on with start_line \d+\]\nline 1\n/);
    // Beside other calls, and without an IDE that executes it.
    app.model.reset();
    app.model.script({ calls: [...readResult({ call_id: callId }).calls, ...reads().calls] });
    const asked = await alice.ask(sessionId, 'Both');
    expect(find(asked, 'tool_call.requested').data.tool_name).toBe('read_file');
    await alice.post(`/v1/runs/${asked[0]!.run_id}/cancel`);
  });

  it('that cannot be read is an error in words', async () => {
    const mine = await ask();
    await answer(mine);
    await alice.readUntil(sessionId, isFinished);
    const elsewhere = await alice.openSession({ agent: 'coder' });
    const open = await ask(elsewhere);
    expect(await read({ call_id: mine, start_line: 1_001 })).toBe(
      'Error: line 1001 is beyond the end: there are 1000 lines',
    );
    for (const callId of [open, UNKNOWN, 'call_1']) {
      expect(await read({ call_id: callId })).toBe(`Error: there is no call ${callId} in this session`);
    }
    await app.database.rows('update tool_results set expires_at = now() where call_id = $1', [mine]);
    expect(await read({ call_id: mine })).toMatch(/^Error: The whole answer .* was kept for seven days/);
    const { body } = await alice.get(`/v1/sessions/${sessionId}/messages`);
    const answered = body.data.find(({ role }: { role: string }) => role === 'tool').id;
    for (const messageId of [answered, UNKNOWN, 'x']) {
      expect(await read({ message_id: messageId })).toMatch(/^Error: there is no message/);
    }
    const statuses = await app.database.rows(
      `select distinct status from tool_calls where session_id = $1 and tool_name = 'read_result'`,
      [sessionId],
    );
    expect(statuses).toEqual([{ status: 'failed' }]);
  });

  it('is its owner’s alone, needs an answer, and goes after seven days or with its session', async () => {
    const callId = await ask();
    const codeOf = async (client = alice) => {
      const { status, body } = await wholeOf(callId, client);
      return [status, body.code];
    };
    expect(await codeOf()).toEqual([404, 'tool_result.not_found']);
    await answer(callId);
    await alice.readUntil(sessionId, isFinished);
    expect(await codeOf(await app.as('bob'))).toEqual([404, 'tool_call.not_found']);
    const [row] = await app.database.rows(
      `select round(extract(epoch from expires_at - now()) / 86400)::int as days from tool_results where call_id = $1`,
      [callId],
    );
    expect(row).toEqual({ days: 7 });

    const pruner = app.nest.get(ToolResultPruner);
    await app.database.rows('update tool_results set expires_at = now() where call_id <> $1', [callId]);
    await pruner.prune();
    const ids = () => app.database.rows('select call_id from tool_results');
    expect(await ids()).toEqual([{ call_id: callId }]);
    await app.database.rows('update tool_results set expires_at = now()');
    expect(await codeOf()).toEqual([410, 'tool_result.expired']);

    await app.database.rows(`update tool_results set expires_at = now() + interval '1 day'`);
    expect((await alice.call('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(204);
    expect(await codeOf()).toEqual([404, 'tool_call.not_found']);
    await pruner.prune();
    expect(await ids()).toEqual([]);
  });

  it('goes in batches, all that is due in one sweep', async () => {
    const callId = await ask();
    await app.database.rows(
      `with calls as (
         insert into tool_calls (id, session_id, run_id, message_id, agent, tool_name, arguments, status, created_at)
         select gen_random_uuid(), session_id, run_id, message_id, agent, tool_name, arguments, 'completed', created_at
           from tool_calls, generate_series(1, 120) where id = $1 returning id, session_id
       )
       insert into tool_results (call_id, session_id, content, expires_at)
       select id, session_id, '', now() - interval '1 second' from calls`,
      [callId],
    );
    expect(await app.nest.get(ToolResultPruner).prune()).toBeGreaterThanOrEqual(120);
    expect(await app.database.rows('select 1 from tool_results where expires_at <= now()')).toEqual([]);
  });
});

/** The tables of which a column holds this text, also in bytes. */
async function tablesWith(database: TestDatabase, text: string): Promise<string[]> {
  const tables = await database.rows<{ name: string }>(
    `select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE' order by table_name`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await database.rows(`select 1 from "${name}" t where t::text like any ($1) limit 1`, [
      [`%${text}%`, `%${Buffer.from(text).toString('hex')}%`],
    ]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

describe('A message of a user that is very long', () => {
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession({ agent: 'coder' });
  });

  it('is stored whole; the model is shown its beginning and end, in every request, and reads on', async () => {
    const content = `first\n${`${'x'.repeat(99)}\n`.repeat(5_000)}${MARK}\n${`${'y'.repeat(99)}\n`.repeat(4_990)}last`;
    app.model.script(reads());
    const asked = await app.client.ask(sessionId, content);
    const message = find(asked, 'message.created').data.message;
    expect(message.content).toBe(content);
    expect(message.truncated).toBeUndefined();
    const shown = app.model.requests[0]!.messages[1]!.content as string;
    expect(shown.length).toBeLessThanOrEqual(50_000);
    expect(shown).toMatch(/^first\n[^]*\n\[\d+ characters[^\n]*\n[^]*last$/);
    expect(shown).toContain(`read_result with message_id ${message.id}`);

    app.model.reset();
    app.model.script(readResult({ message_id: message.id, query: MARK }), DONE);
    await app.client.stream(sessionId, toolResult(callIn(asked)));
    expect(app.model.requests.map(({ messages }) => messages[1]!.content)).toEqual([shown, shown]);
    expect(app.model.requests[1]!.messages.at(-1)!.content).toMatch(/5002: in-the-middle$/);
  });

  it('is taken with 1,000,000 characters, and refused with one more', async () => {
    app.model.always({ text: 'Yes.' });
    const events = await app.client.ask(sessionId, 'x'.repeat(1_000_000));
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    const refused = await app.client.say(sessionId, 'x'.repeat(1_000_001));
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'content']);
  });

  it('is classified by what a model is shown of it', async () => {
    const session = await app.client.openSession();
    app.model.always({ text: 'Yes.' });
    const mark = 'only-here';
    await app.client.ask(session, `begins here ${'x'.repeat(500_000)}${mark}${'x'.repeat(400_000)}`);
    const asked = app.model.bodies.slice(-2).map((body) => JSON.stringify(body));
    expect(asked[0]).toContain('Classify the task');
    expect(asked.every((body) => body.includes('begins here') && !body.includes(mark))).toBe(true);
  });
});
