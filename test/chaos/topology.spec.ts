import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SentEvent, isFinished } from '../support/client.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server-process.js';
import { ResumingClient, openSomewhere } from './support/resuming-client.js';
import { STORY_KINDS, Story, StoryKind, taskOf } from './support/story-model.js';
import { faultsOfReading, faultsOfTelling } from './support/told-run.js';
import { Topology } from './support/topology.js';
import { Transcript } from './support/transcript.js';

/** What two workers carry out at once. */
const JOBS = 16;
const LIMIT_MS = 60_000;

const isDelta = (event: SentEvent) => event.type === 'message.delta';

describe.skipIf(isLeftOutWithout('nginx') || isLeftOutWithout('redis-server'))(
  'two APIs behind nginx and two workers',
  { timeout: LIMIT_MS },
  () => {
    let topology: Topology;
    let stories = 0;

    beforeAll(async () => {
      topology = await Topology.start();
    }, LIMIT_MS);
    afterAll(() => topology?.stop());

    const newStory = (kind: StoryKind, words = 40): Story => ({ number: ++stories, kind, words });

    /** Says what a story is about; it comes to a halt in its first answer, until the model is let go. */
    const begin = async (story: Story, client = () => topology.client) => {
      const call = `${story.number} ${story.kind} 0`;
      topology.model.hold(call);
      const reader = new ResumingClient(
        await client().openSession(),
        () => topology.client,
        () => topology.client,
      );
      const { status } = await client().say(reader.sessionId, taskOf(story));
      expect(status).toBe(202);
      return { reader, story, call };
    };
    /** As a client does that repeats what was refused with a wish to wait. */
    const insist = async (story: Story) => {
      topology.model.hold(`${story.number} ${story.kind} 0`);
      const any = () => topology.client;
      const reader = new ResumingClient(await openSomewhere(any), any, any);
      await reader.say(taskOf(story));
      return reader;
    };
    type Begun = Awaited<ReturnType<typeof begin>>;

    const allAsked = (begun: readonly Begun[]) =>
      eventually(() =>
        expect(topology.model.asked).toEqual(expect.arrayContaining(begun.map(({ call }) => call))),
      );
    const expectTold = async (sessionId: string, story: Story, transcript: Transcript) => {
      expect(await faultsOfTelling(topology.database, sessionId, story)).toEqual([]);
      expect(await faultsOfReading(topology.database, sessionId, transcript)).toEqual([]);
    };
    const readySays = async (api: ServerProcess, status: number) =>
      eventually(async () => expect((await api.client.get('/health/ready')).status).toBe(status));

    it('refuse requests without a key, and show no metrics', async () => {
      const { url } = topology.client;
      const unknown = await fetch(`${url}/v1/sessions`);
      expect([unknown.status, unknown.headers.get('www-authenticate')]).toEqual([401, expect.any(String)]);
      expect((await topology.client.get('/v1/sessions')).status).toBe(200);
      expect((await topology.client.get('/metrics')).status).toBe(404);
    });

    it('refuse a body of 3 MB in the same words, whether nginx or an API has looked at it', async () => {
      const body = JSON.stringify({ title: 'x'.repeat(3_000_000) });
      const answers = await Promise.all(
        [topology.client, topology.clientOf(topology.apis[0])].map((client) =>
          client.call('POST', '/v1/sessions', body),
        ),
      );
      const problems = answers.map(({ status, headers, body: { request_id: id, ...problem } }) => {
        expect([status, headers.get('x-request-id')]).toEqual([413, id]);
        return { type: headers.get('content-type')?.split(';')[0], problem };
      });
      expect(problems[0]).toEqual(problems[1]);
    });

    it('show the first words of an answer while the model is still speaking', async () => {
      const story = newStory('answer');
      const call = `${story.number} answer 0`;
      topology.model.hold(call);
      const sessionId = await topology.client.openSession();
      const { body } = await topology.client.say(sessionId, taskOf(story));
      const seen: SentEvent[] = [];
      for await (const event of topology.client.events(`/v1/runs/${body.run.id}/events`)) {
        // The model says nothing more until they are seen here.
        if (isDelta(event)) topology.model.letGo();
        seen.push(event);
      }
      expect(seen.filter(isDelta).length).toBeGreaterThan(1);
      expect(seen.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } });
    });

    it('lose nothing and repeat nothing for a client that hops between them in the middle of an answer', async () => {
      const story = newStory('answer', 200);
      const sessionId = await topology.client.openSession();
      await topology.client.say(sessionId, taskOf(story));
      const transcript = new Transcript();
      let hops = 0;
      for (let isOver = false; !isOver; hops++) {
        let left = 2;
        for await (const event of topology.client.events(
          `/v1/sessions/${sessionId}/events?after=0`,
          transcript.cursor,
        )) {
          transcript.add(event);
          isOver = isFinished(event);
          if (isOver || --left === 0) break;
        }
      }
      await expectTold(sessionId, story, transcript);
      expect(hops).toBeGreaterThan(10);
      await eventually(async () => {
        const streams = (await topology.nginx.requests()).filter(({ url }) =>
          url.includes(`${sessionId}/events`),
        );
        expect(streams.length).toBe(hops);
        expect(new Set(streams.map(({ api }) => api)).size).toBe(2);
      });
    });

    it('go on for their clients when one is killed in the middle, and when the other is told to stop', async () => {
      const begun = await Promise.all([...STORY_KINDS, ...STORY_KINDS].map((kind) => begin(newStory(kind))));
      const done = begun.map(({ reader }) => reader.follow(isFinished));
      await allAsked(begun);
      await topology.apis[0].stop('SIGKILL');
      await topology.startAgain(0);
      const stopping = topology.apis[1].stop('SIGTERM');
      topology.model.letGo();
      expect(await stopping).toEqual({ code: 0, signal: null });
      await topology.startAgain(1);
      await Promise.all(done);
      for (const { reader, story } of begun) {
        await expectTold(reader.sessionId, story, reader.transcript);
        expect(reader.refusals).toEqual([]);
      }
    });

    it('take new work while one of them drains: what that one refuses is repeated and goes to the other', async () => {
      const [draining] = topology.apis;
      const begun = await begin(newStory('answer'), () => topology.clientOf(draining));
      const done = begun.reader.follow(isFinished);
      await allAsked([begun]);
      const stopped = draining.stop('SIGTERM');
      await readySays(draining, 503);
      for (let probe = 0; probe < 4; probe++)
        expect((await topology.client.get('/health/ready')).status).toBe(200);
      const taken = await Promise.all(Array.from({ length: 6 }, () => insist(newStory('answer'))));
      topology.model.letGo();
      await done;
      await expectTold(begun.reader.sessionId, begun.story, begun.reader.transcript);
      expect(await stopped).toEqual({ code: 0, signal: null });
      await topology.startAgain(0);
      await Promise.all(taken.map((reader) => reader.follow(isFinished)));
    });

    it('are sent a message once, also when the one that has it dies', async () => {
      const sessions = await Promise.all([topology.client.openSession(), topology.client.openSession()]);
      topology.proxy.holdUpFrom('insert into runs', 1);
      // One to each of them, as nginx takes turns.
      const saying = sessions.map((sessionId) => topology.client.say(sessionId, taskOf(newStory('answer'))));
      await eventually(() => expect(topology.proxy.isHolding).toBe(true));
      await topology.apis[0].stop('SIGKILL');
      const answers = await Promise.all(saying);
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 502]);
      const lost = answers.findIndex(({ status }) => status === 502);
      expect(answers[lost]!.body.code).toBe('proxy.no_answer');
      const runs = await topology.database.rows<{ session_id: string }>(
        'select session_id from runs where session_id = any($1)',
        [sessions],
      );
      expect(runs).toEqual([{ session_id: sessions[1 - lost] }]);
      topology.proxy.letGo();
      await topology.startAgain(0);
    });

    it(`have their jobs done by both workers, ${JOBS} at once`, async () => {
      const jobs = await Promise.all(
        Array.from({ length: JOBS }, async () => {
          const story = newStory('answer', 20);
          topology.model.hold(`${story.number} answer 0`);
          const sessionId = await topology.client.openSession();
          const { status, body } = await topology.client.post('/v1/jobs/agents/ask/1.0.0', {
            session_id: sessionId,
            query: taskOf(story),
          });
          expect(status).toBe(202);
          return body.job_id as string;
        }),
      );
      const count = (status: string, expected: number) =>
        eventually(async () => {
          const rows = await topology.database.rows('select from jobs where id = any($1) and status = $2', [
            jobs,
            status,
          ]);
          expect(rows).toHaveLength(expected);
        }, 20_000);
      // Eight by each.
      await count('running', JOBS);
      topology.model.letGo();
      await count('done', JOBS);
      const [{ runs } = { runs: 0 }] = await topology.database.rows<{ runs: number }>(
        'select count(*)::int as runs from runs where job_id = any($1)',
        [jobs],
      );
      expect(runs).toBe(JOBS);
    });
  },
);
