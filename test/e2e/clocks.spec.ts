import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient, isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/faketime.js';
import { askedIn, callDecision, callIn, find, finish, reads, toolResult, writes } from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { KEYS, ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';

const SECRET = 'a secret that is long enough for the tests of clocks';
const AUTH = { AUTH_MODE: 'jwt', JWT_SECRET: SECRET };
/** How far two clocks of one machine may seem to differ, on a busy one. */
const NEARLY_MS = 20_000;

/** A token of an issuer whose clock is right. */
const token = (expiresInSeconds: number) =>
  new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('alice')
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
    .sign(new TextEncoder().encode(SECRET));

const expectNear = (time: string | number, expected = Date.now()) =>
  expect(Math.abs(new Date(time).getTime() - expected)).toBeLessThan(NEARLY_MS);

const timeOfId = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

// The clocks of this process and of the database are right.
describe.skipIf(isLeftOutWithout('faketime')).each([
  ['ahead', '+25h', 90_000],
  ['behind', '-2h', -7_200],
])('a process whose clock is %s (%s)', (_way, offset, offsetSeconds) => {
  let database: TestDatabase;
  let model: ScriptedModel;
  let clock: FakeClock;
  let server: ServerProcess;
  let client: TestClient;
  /** Opened by another instance, with an idempotency key. */
  let sessionId: string;
  /** Requested by that instance. */
  let callId: string;
  let overdueCallId: string;
  let asked: { readonly call_id: string };
  let overdueAsked: { readonly id: string };

  const keyed = (at: TestClient) => at.with({ 'idempotency-key': 'open-a-session' }).openSession();

  beforeAll(async () => {
    [database, model, clock] = [
      await TestDatabase.create(),
      await ScriptedModel.start(),
      await FakeClock.create(offset),
    ];
    const other = await TestApp.start(AUTH, { database, model });
    const authorization = { authorization: `Bearer ${await token(600)}` };
    const at = other.client.with(authorization);
    sessionId = await keyed(at);
    model.script(reads(), reads(), writes(), writes());
    const turn = async (session: string) => at.ask(session, 'Go on', { agent: 'coder' });
    callId = callIn(await turn(sessionId));
    overdueCallId = callIn(await turn(await at.openSession()));
    asked = askedIn(await turn(await at.openSession()));
    overdueAsked = askedIn(await turn(await at.openSession()));
    await other.stop();
    server = await ServerProcess.start({
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      ...AUTH,
      ...clock.env,
    });
    client = server.client.with(authorization);
  });
  afterAll(async () => {
    await server.stop();
    await clock.remove();
    await model.stop();
    await database.drop();
  });

  const statuses = async () => {
    const calls = await database.rows<{ id: string; status: string }>('select id, status from tool_calls');
    return new Map(calls.map(({ id, status }) => [id, status]));
  };

  it('ends what is overdue by the database’s clock, and nothing else', async () => {
    model.always(finish('Done.'));
    const past = `now() - interval '1 second'`;
    await database.rows(`update tool_calls set deadline_at = ${past} where id = $1`, [overdueCallId]);
    await database.rows(`update approvals set expires_at = ${past} where id = $1`, [overdueAsked.id]);
    await eventually(async () => {
      expect((await statuses()).get(overdueCallId)).toBe('expired');
      expect((await client.get(`/v1/approvals/${overdueAsked.id}`)).body).toMatchObject({
        status: 'rejected',
        decided_by: 'runtime',
      });
    });
    expect((await statuses()).get(callId)).toBe('requested');
    expect((await statuses()).get(asked.call_id)).toBe('awaiting_approval');
    const approved = callDecision(asked.call_id, 'approve');
    const [{ session_id: askedSession }] = (await database.rows<{ session_id: string }>(
      'select session_id from tool_calls where id = $1',
      [asked.call_id],
    )) as [{ session_id: string }];
    const events = await client.stream(askedSession, approved);
    expectNear(find(events, 'tool_call.requested').data.deadline_at!, Date.now() + 3_600_000);
    expect(isFinished((await client.stream(sessionId, toolResult(callId))).at(-1)!)).toBe(true);
  });

  it('knows an idempotency key that another instance stored', async () => {
    expect(await keyed(client)).toBe(sessionId);
  });

  it('stores the time of the database, in rows and in ids', async () => {
    const opened = await client.openSession();
    expectNear((await client.get(`/v1/sessions/${opened}`)).body.created_at);
    expectNear(timeOfId(opened));
    model.reset();
    model.always(reads());
    const events = await client.ask(opened, 'Read', { agent: 'coder' });
    for (const { created_at: createdAt } of events) expectNear(createdAt);
    expectNear(find(events, 'tool_call.requested').data.deadline_at!, Date.now() + 3_600_000);
  });

  it('takes valid tokens and refuses expired ones', async () => {
    const statusOf = async (seconds: number) =>
      (await server.client.with({ authorization: `Bearer ${await token(seconds)}` }).get('/v1/sessions'))
        .status;
    expect([await statusOf(60), await statusOf(-60)]).toEqual([200, 401]);
  });

  it('makes keys with the time of the database, and prints nothing else', async () => {
    const keys = ServerProcess.spawn({ DATABASE_URL: database.url, ...clock.env }, [
      ...KEYS,
      ...['create', '--user', 'alice'],
    ]);
    expect(await keys.exited).toMatchObject({ code: 0 });
    expect(keys.lines).toEqual([expect.stringMatching(/^ar_/)]);
    const [key] = await database.rows<{ created_at: Date }>('select created_at from api_keys');
    expectNear(key!.created_at.getTime());
  });

  it('says so once, and again when its clock is set right', async () => {
    const offsets = () =>
      server.lines
        .map((line) => JSON.parse(line) as { msg: string; offset_seconds?: number })
        .filter(({ msg }) => msg.startsWith('the clock of this process'))
        .map(({ msg, offset_seconds: seconds }) => [/is off|agrees/.exec(msg)?.[0], Math.round(seconds!)]);
    const metric = async () =>
      Number(/^clock_offset_seconds (\S+)$/m.exec((await client.get('/metrics')).body as string)?.[1]);
    expect(Math.abs((await metric()) - offsetSeconds)).toBeLessThan(2);
    expect(offsets()).toEqual([['is off', offsetSeconds]]);
    await clock.set('+0');
    await eventually(async () => expect(Math.abs(await metric())).toBeLessThan(2));
    expect(offsets()).toEqual([
      ['is off', offsetSeconds],
      ['agrees', 0],
    ]);
  });
});
