import { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { EventFeed } from '../../../shared/api/event-feed.js';
import { EventStream, StreamItem } from '../../../shared/application/event-stream.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { Accepted } from '../application/inputs/accepted.js';
import { DecideApproval } from '../application/inputs/decide-approval.js';
import { RunQueries } from '../application/run.queries.js';
import { SendUserMessage } from '../application/inputs/send-user-message.js';
import { SubmitToolResult } from '../application/inputs/submit-tool-result.js';
import { SwitchAgent } from '../application/inputs/switch-agent.js';
import { EventsController } from './events.controller.js';
import { EventType } from '../../../shared/domain/domain-event.js';
import { InputsController } from './inputs.controller.js';

const createdAt = new Date(0);
/** Only its place, its type and its run count here. */
const eventOf = (seq: number, type: EventType, runId = 'mine') =>
  ({ sessionId: 's', seq, runId, type, data: {}, createdAt }) as unknown as StreamItem;

/** By letter, for the diagrams. */
const ITEMS = {
  a: eventOf(11, 'run.started'),
  o: eventOf(12, 'run.finished', 'other'),
  b: eventOf(13, 'message.delta'),
  w: eventOf(14, 'run.waiting'),
  f: eventOf(15, 'run.finished'),
  l: eventOf(16, 'run.started', 'later'),
  d: eventOf(17, 'session.deleted'),
  r: { reset: true, reason: 'cursor_ahead', resumeAfter: 9, createdAt },
} satisfies Record<string, StreamItem>;

class FakeEvents extends EventStream {
  watched$ = new Observable<StreamItem>();
  replayed$ = new Observable<StreamItem>();
  readonly watch = vi.fn(() => this.watched$);
  readonly replay = vi.fn(() => this.replayed$);
  readonly lastSeq = async () => 10;
}

/** Expects what a reader sees of a feed, and when it ends, for what the log tells. */
function expectSeen(feed: EventFeed, events: FakeEvents, told: string, seen: string): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
    ({ hot, expectObservable }) => {
      events.watched$ = hot(told, ITEMS);
      events.replayed$ = hot(told, ITEMS);
      expectObservable(feed.open(feed.after)).toBe(seen, ITEMS);
    },
  );
}

const refusing = async () => {
  throw new SessionNotFound('s');
};

describe('the feed of a session', () => {
  const events = new FakeEvents();
  const feedOf = (after?: string, lastEventId?: string, requireOwned = async () => undefined) => {
    const sessions = { requireOwned } as unknown as SessionQueries;
    const controller = new EventsController(sessions, {} as RunQueries, events);
    return controller.ofSession('alice', 's', { after }, lastEventId);
  };

  it('is everything that happens, and does not end', async () => {
    expectSeen(await feedOf(), events, '-a-o-(bw)-f-r', '-a-o-(bw)-f-r');
  });

  it('ends with the session', async () => {
    expectSeen(await feedOf(), events, '-a-d-o', '-a-(d|)');
  });

  it('begins now without a cursor, else after it; the header wins', async () => {
    expect(await feedOf()).toMatchObject({ sessionId: 's', after: 10 });
    expect(await feedOf('3')).toMatchObject({ after: 3 });
    expect(await feedOf('3', '4')).toMatchObject({ after: 4 });
  });

  it('can be entered again further on', async () => {
    (await feedOf('3')).open(7);
    expect(events.watch).toHaveBeenLastCalledWith('s', 7);
  });

  it('is refused for an invalid cursor, and for the session of another user', async () => {
    await expect(feedOf('x')).rejects.toThrow(/after/);
    await expect(feedOf('3', undefined, refusing)).rejects.toThrow(SessionNotFound);
  });
});

describe('the feed of a run', () => {
  const events = new FakeEvents();
  const feedOf = (isFinal: boolean, after?: string) => {
    const place = async () => ({ sessionId: 's', isFinal, eventsAfter: 10 });
    const runs = { place } as unknown as RunQueries;
    return new EventsController({} as SessionQueries, runs, events).ofRun(
      'alice',
      'mine',
      { after },
      undefined,
    );
  };

  it.each([
    ['follows it while it is active', false],
    ['is read from the log once it is final', true],
  ])('%s, without the events of other runs, and ends with run.finished', async (_, isFinal) => {
    expectSeen(await feedOf(isFinal), events, '-a-o-b-w-(fl)', '-a---b-w-(f|)');
    expect(events.watch).toHaveBeenCalledTimes(isFinal ? 0 : 1);
    expect(events.replay).toHaveBeenCalledTimes(isFinal ? 1 : 0);
  });

  it('ends with the log where its reader has all of a final run', async () => {
    expectSeen(await feedOf(true, '15'), events, '-l-|', '---|');
  });

  it('tells its reader of a reset', async () => {
    expectSeen(await feedOf(false, '99'), events, '-r-f', '-r-(f|)');
  });

  it('does not begin before the run does', async () => {
    expect([(await feedOf(false, '2')).after, (await feedOf(false, '12')).after]).toEqual([10, 12]);
  });
});

describe('the feed of an input', () => {
  const events = new FakeEvents();
  const feedOf = (accepted: Partial<Accepted>) => {
    const execute = async () => ({ lastEventId: 10, repeated: false, run: null, ...accepted });
    const controller = new InputsController(
      { execute } as unknown as SendUserMessage,
      {} as SubmitToolResult,
      {} as SwitchAgent,
      {} as DecideApproval,
      events,
    );
    return controller.stream('alice', 's', { type: 'user_message', content: 'hi', on_busy: 'reject' });
  };
  const run = { id: 'mine' } as Accepted['run'];

  it.each([
    ['waits', '-a-o-b-(wf)', '-a---b-(w|)'],
    ['is finished', '-a-o-b-(fl)', '-a---b-(f|)'],
  ])('follows its run until that %s', async (_, told, seen) => {
    const feed = await feedOf({ run });
    expect(feed).toMatchObject({ sessionId: 's', after: 10 });
    expectSeen(feed, events, told, seen);
  });

  it('is its own events where it starts no run', async () => {
    expectSeen(await feedOf({ endEventId: 12 }), events, '-a-o-b', '-a-o-|');
    expectSeen(await feedOf({}), events, '-a', '-|');
  });
});
