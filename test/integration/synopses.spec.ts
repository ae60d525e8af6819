import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { held } from '../support/scripted-model.js';
import {
  BY_HAND,
  LATER,
  SYNOPSIS,
  app,
  asked,
  client,
  ended,
  form,
  formNow,
  jobOf,
  path,
  put,
  says,
  sessionId,
  slowly,
  tell,
  turnTo,
  versions,
  view,
} from './support/synopses.js';

describe('a synopsis brought up to date', () => {
  it('is not asked of the model when nothing was said since', async () => {
    await tell('Hello');
    app.model.script(says(SYNOPSIS));
    const first = await formNow();
    const { body: job } = await form();
    expect(await ended(job.job_id)).toMatchObject({
      status: 'done',
      result: { version: 1, covers_up_to: 1, usage: { model_calls: 0, total_tokens: 0 } },
    });
    expect(await view()).toEqual(first.body);
    expect(app.model.requests).toHaveLength(1);
  });

  it('goes by the version there is and by what is new, and nothing else', async () => {
    await tell('the first words');
    app.model.script(says(SYNOPSIS), says(LATER));
    await formNow();
    await tell('the second words');
    expect((await formNow()).body).toMatchObject({ version: 2, ...LATER, covers_up_to: 2 });
    const [, second] = asked();
    expect(second).toContain(JSON.stringify(SYNOPSIS));
    expect(second).toContain('=== #2 user\nthe second words');
    expect(second).not.toContain('the first words');
  });

  it('is made anew on the version of a human who was faster', async () => {
    await tell('Hello');
    const letGo = slowly(SYNOPSIS, says(LATER));
    const { body: job } = await form();
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    const { status, body: edited } = await put(BY_HAND);
    expect([status, edited.status, edited.version, edited.title]).toEqual([200, 'forming', 1, 'By hand']);
    letGo();
    expect(await ended(job.job_id)).toMatchObject({
      result: { version: 2, title: 'Three files', usage: { model_calls: 2 } },
    });
    expect(asked()[0]).not.toContain('By hand');
    expect(asked()[1]).toContain(JSON.stringify(BY_HAND));
    expect(
      (await versions()).map(({ kind, title }: { kind: string; title: string }) => [kind, title]),
    ).toEqual([
      ['generated', 'Three files'],
      ['edited', 'By hand'],
    ]);
  });

  it('gives up, for a while, where another writer is always faster', async () => {
    await tell('Hello');
    const replies = Array.from({ length: 5 }, () => held(says(SYNOPSIS)));
    app.model.script(...replies.map(([reply]) => reply));
    const waiting = formNow();
    for (let edits = 1; edits <= 5; edits++) {
      await eventually(() => expect(app.model.requests).toHaveLength(edits));
      await put({ ...BY_HAND, title: `Edit ${edits}` });
      replies[edits - 1]![1]();
    }
    const { status, body } = await waiting;
    expect([status, body.code]).toEqual([503, 'synopsis.changed_meanwhile']);
    expect(await versions()).toHaveLength(5);
  });
});

describe('what the model answers', () => {
  const WRONG = { title: '', items: [{ kind: 'poem', text: 'Roses' }] };

  it.each([
    ['an answer that does not keep to the format', says(WRONG), 'title'],
    ['an answer that is no JSON', says('Here you are!'), 'answer: must be JSON'],
  ])('is asked for once more after %s, with what is wrong', async (_what, reply, fault) => {
    await tell('Hello');
    app.model.script(reply, says(SYNOPSIS));
    expect((await formNow()).body).toMatchObject({ version: 1, ...SYNOPSIS });
    const [first, second] = asked();
    expect(second!.startsWith(first!)).toBe(true);
    expect(second!.slice(first!.length)).toContain(fault);
  });

  it('twice not in the format fails the job for good', async () => {
    await tell('Hello');
    app.model.script(says(WRONG), says('Sorry.'));
    const { status, body } = await formNow();
    expect([status, body.code]).toEqual([503, 'synopsis.invalid_answer']);
    expect(await jobOf(body.job.id)).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: {
        code: 'synopsis.invalid_answer',
        message: expect.stringContaining('answer: must be JSON') as string,
      },
    });
    expect(app.model.requests).toHaveLength(2);
    expect(await view()).toMatchObject({ status: 'none', version: null });
  });

  it('is waited for within the attempt when the trouble may pass', async () => {
    await tell('Hello');
    app.model.script({ status: 500 }, says(SYNOPSIS));
    expect((await formNow()).body).toMatchObject({ version: 1 });
    const calls = await app.database.rows(
      'select status, error_code from llm_calls where session_id = $1 order by id',
      [sessionId],
    );
    expect(calls).toEqual([
      { status: 'failed', error_code: 'model.server_error' },
      { status: 'completed', error_code: null },
    ]);
  });

  it('is not waited for when the trouble does not pass', async () => {
    await tell('Hello');
    app.model.script({ status: 401 });
    const { status, body } = await formNow();
    expect([status, body.code]).toEqual([503, 'model.unauthorized']);
    expect(await jobOf(body.job.id)).toMatchObject({ status: 'failed', attempt: 1 });
  });
});

describe('a long session', () => {
  const LARGE = 90_000;
  const word = (n: number) => `word-${String(n).padStart(6, '0')} `;
  const WORDS = LARGE / word(0).length;

  it('is read in pieces: all of it reaches the model exactly once', async () => {
    // Ten of 90,000 characters, and one that is larger than a piece.
    const sizes = [...Array.from({ length: 10 }, () => WORDS), 4 * WORDS];
    let n = 0;
    for (const size of sizes) await tell(Array.from({ length: size }, () => word(n++)).join(''));
    app.model.always(says(SYNOPSIS));
    const { body } = await formNow();
    expect(body).toMatchObject({ version: 1, covers_up_to: 11 });

    const requests = asked();
    const parts = requests.slice(0, -1);
    expect(parts.length).toBeGreaterThan(4);
    expect(Math.max(...requests.map((request) => request.length))).toBeLessThanOrEqual(400_000);
    // What is divided between two words or within one is put together again.
    const read = parts
      .map((request) => request.slice(request.indexOf('=== #')))
      .join('\n\n')
      .replaceAll(/(?:\n\n)?=== #\d+ user(?:, continued)?\n/g, '');
    const words = read.match(/word-\d{6} /g)!;
    expect(words).toHaveLength(n);
    expect(words.every((seen, index) => seen === word(index))).toBe(true);
    // The last one is made of the notes.
    expect(requests.at(-1)!.split(JSON.stringify(SYNOPSIS))).toHaveLength(parts.length + 1);
    expect(requests.at(-1)).not.toContain('word-');
    expect((await jobOf(body.generated_by)).result.usage.model_calls).toBe(requests.length);
  });

  it('of many short messages is one request, with all of them', async () => {
    await tell(...Array.from({ length: 50 }, (_, n) => word(n)));
    app.model.script(says(SYNOPSIS));
    expect((await formNow()).body).toMatchObject({ covers_up_to: 50 });
    expect(asked()[0]!.match(/word-\d{6} /g)).toEqual(Array.from({ length: 50 }, (_, n) => word(n)));
  });

  it('is not read again when a human was faster', async () => {
    for (let n = 0; n < 5; n++) await tell(word(n).repeat(WORDS));
    const [third, letGo] = held(says(SYNOPSIS));
    app.model.script(says(SYNOPSIS), says(SYNOPSIS), third, says(LATER));
    const { body: job } = await form();
    await eventually(() => expect(app.model.requests).toHaveLength(3));
    await put(BY_HAND);
    letGo();
    expect(await ended(job.job_id)).toMatchObject({
      result: { version: 2, title: 'Three files', usage: { model_calls: 4 } },
    });
    expect(asked()[3]).toContain(JSON.stringify(BY_HAND));
  });

  it('has its notes merged where they do not fit either', async () => {
    for (let n = 0; n < 18; n++) await tell(word(n).repeat(WORDS));
    const notes = (text: string) => ({
      title: 'Notes',
      items: Array.from({ length: 4 }, () => ({ kind: 'text', text })),
    });
    app.model.script(
      ...Array.from({ length: 6 }, () => says(notes('n'.repeat(19_000)), { chunk: 10_000 })),
      ...Array.from({ length: 2 }, () => says(SYNOPSIS)),
      says(LATER),
    );
    expect((await formNow()).body).toMatchObject({ version: 1, ...LATER, covers_up_to: 18 });
    const merges = asked().slice(6, 8);
    expect(merges.map((request) => request.match(/^=== Part \d+$/gm)!.length)).toEqual([3, 3]);
    expect(asked()[8]!.match(/^=== Part \d+$/gm)).toHaveLength(2);
  });
});

describe('a synopsis edited by a human', () => {
  it('is the live version, and covers what the one before covered', async () => {
    await tell('Hello');
    app.model.script(says(SYNOPSIS));
    const { body: formed } = await formNow();
    await tell('More');
    const { status, body } = await put({ ...BY_HAND, based_on: 1 });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...formed,
      ...BY_HAND,
      ...{ version: 2, kind: 'edited', generated_by: null, edited_by: 'local' },
      created_at: expect.any(String),
    });
    expect(await view()).toEqual(body);
    const events = await client.readUntil(
      sessionId,
      ({ type, data }) => type === 'synopsis.updated' && data.version === 2,
    );
    expect(events.at(-1)).toMatchObject({ type: 'synopsis.updated', run_id: null, data: { version: 2 } });
  });

  it('is refused where another version is live than the human had before them', async () => {
    await put(BY_HAND);
    const { status, body } = await put({ ...BY_HAND, based_on: 0 });
    expect([status, body.code, body.live_version]).toEqual([409, 'synopsis.version_changed', 1]);
    expect(await versions()).toHaveLength(1);
  });

  it('by several at once, each on what they had before them, is one new version', async () => {
    await put(BY_HAND);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => put({ ...BY_HAND, title: `Edit ${n}`, based_on: 1 })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
    expect(await versions()).toHaveLength(2);
  });

  it('by several at once without based_on makes one version of each, numbered in a row', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, n) => put({ ...BY_HAND, title: `Edit ${n}` })));
    expect((await versions()).map(({ version }: { version: number }) => version)).toEqual([
      10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
    ]);
  });

  it('before anything is summed up covers nothing: all messages are still to come', async () => {
    await tell('Hello');
    expect((await put(BY_HAND)).body).toMatchObject({ version: 1, covers_up_to: 0, status: 'ready' });
    app.model.script(says(LATER));
    expect((await formNow()).body).toMatchObject({ version: 2, covers_up_to: 1 });
    expect(asked()[0]).toContain('=== #1 user\nHello');
  });

  it.each([
    ['no title', { items: BY_HAND.items }, 'title'],
    ['an empty title', { ...BY_HAND, title: '' }, 'title'],
    ['no items', { title: 'x', items: [] }, 'items'],
    ['too many items', { title: 'x', items: Array.from({ length: 201 }, () => BY_HAND.items[0]) }, 'items'],
    ['an unknown kind', { title: 'x', items: [{ kind: 'poem', text: 'x' }] }, 'items.0.kind'],
    ['a text that is missing', { title: 'x', items: [{ kind: 'text' }] }, 'items.0.text'],
    [
      'a text that is too long',
      { title: 'x', items: [{ kind: 'text', text: 'x'.repeat(20_001) }] },
      'items.0.text',
    ],
    [
      'too much of everything',
      { title: 'x', items: Array.from({ length: 6 }, () => ({ kind: 'text', text: 'x'.repeat(20_000) })) },
      'items',
    ],
    [
      'an unknown field of an item',
      { title: 'x', items: [{ kind: 'text', text: 'x', mood: 1 }] },
      'items.0.mood',
    ],
    ['an unknown field', { ...BY_HAND, mood: 1 }, 'mood'],
    ['a version that cannot be', { ...BY_HAND, based_on: -1 }, 'based_on'],
  ])('is refused with %s', async (_what, body, field) => {
    const { status, body: problem } = await put(body);
    expect([status, problem.code]).toEqual([400, 'request.invalid']);
    expect(problem.errors.map((fault: { field: string }) => fault.field)).toEqual([field]);
    expect(await view()).toMatchObject({ status: 'none' });
  });
});

describe('the versions of a synopsis', () => {
  it('are listed newest first, in pages, and shown one by one', async () => {
    for (let n = 1; n <= 5; n++) await put({ ...BY_HAND, title: `Edit ${n}` });
    const first = (await client.get(path('/versions?limit=3'))).body;
    const second = (await client.get(path(`/versions?limit=3&cursor=${first.next_cursor}`))).body;
    expect([...first.data, ...second.data].map(({ version, title }) => [version, title])).toEqual(
      [5, 4, 3, 2, 1].map((n) => [n, `Edit ${n}`]),
    );
    expect([first.has_more, second.has_more, second.next_cursor]).toEqual([true, false, null]);
    const { body: third } = await client.get(path('/versions/3'));
    const { items, session_id, ...summary } = third;
    expect([items, session_id]).toEqual([BY_HAND.items, sessionId]);
    expect(second.data).not.toContainEqual(expect.objectContaining({ items: expect.anything() }));
    expect(first.data[2]).toEqual(summary);
  });

  it.each(['0', '2', '01', '-1', 'x', '99999999999', '1e3'])('have no version %s', async (version) => {
    await put(BY_HAND);
    const { status, body } = await client.get(path(`/versions/${version}`));
    expect([status, body.code]).toEqual([404, 'synopsis.version_not_found']);
  });

  it('are not listed from where no list has ended', async () => {
    const { status, body } = await client.get(path('/versions?cursor=x'));
    expect([status, body.errors[0].field]).toEqual([400, 'cursor']);
  });
});

describe('a session', () => {
  const everything = async () =>
    Promise.all([
      form(),
      formNow(),
      client.get(path()),
      client.get(path('/versions')),
      client.get(path('/versions/1')),
      put(BY_HAND),
    ]);

  it('that is deleted, belongs to another user or does not exist, has no synopsis', async () => {
    await put(BY_HAND);
    await client.call('DELETE', `/v1/sessions/${sessionId}`);
    const foreign = await client.openSession();
    await app.database.rows(`update sessions set user_id = 'mallory' where id = $1`, [foreign]);
    for (const id of [sessionId, foreign, randomUUID(), 'none']) {
      turnTo(id);
      const codes = (await everything()).map(({ status, body }) => [status, body.code]);
      expect(codes).toEqual(codes.map(() => [404, 'session.not_found']));
    }
  });

  it('that is archived is summed up, but not edited', async () => {
    await tell('Hello');
    await client.call('PATCH', `/v1/sessions/${sessionId}`, { archived: true });
    const { status, body } = await put(BY_HAND);
    expect([status, body.code]).toEqual([409, 'session.archived']);
    app.model.script(says(SYNOPSIS));
    expect((await formNow()).body).toMatchObject({ version: 1, status: 'ready' });
  });

  it('that is deleted while its synopsis is formed gets none', async () => {
    await tell('Hello');
    const letGo = slowly(SYNOPSIS);
    const { body: job } = await form();
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    await client.call('DELETE', `/v1/sessions/${sessionId}`);
    letGo();
    await eventually(async () =>
      expect(
        await app.database.rows('select status, error_code from jobs where id = $1', [job.job_id]),
      ).toEqual([{ status: 'failed', error_code: 'session.not_found' }]),
    );
    expect(
      await app.database.rows('select 1 from synopsis_versions where session_id = $1', [sessionId]),
    ).toEqual([]);
  });

  it.each(['later', ''])('refuses the mode “%s”', async (mode) => {
    const { status, body } = await client.post(path(`?mode=${mode}`));
    expect([status, body.errors[0].field]).toEqual([400, 'mode']);
  });
});
