import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { PreviousRelease } from '../events/previous-release.js';
import { NoticeConnection, Notification } from './notice-connection.js';
import { NoticeSender } from './notice-sender.js';
import { Notice, NOTICES_CHANNEL } from './notice.js';
import { Peers } from './peers.js';
import { RedisNotices } from './redis-notices.js';

const ME = randomUUID();

describe('the sender of notices', () => {
  let peers: Peers;
  let previous: { isPresent: boolean };
  /** What arrived by PostgreSQL, each time. */
  let sent: Notification[][];
  /** What PostgreSQL answers. */
  let answer: () => Promise<void>;
  let redisReaches: boolean;
  let byRedis: string[][];
  let sender: NoticeSender;

  beforeEach(() => {
    Logger.overrideLogger(false);
    peers = new Peers();
    previous = { isPresent: false };
    [sent, byRedis, answer, redisReaches] = [[], [], async () => undefined, false];
    const connection = {
      notify: (notifications: Notification[]) => {
        sent.push(notifications);
        return answer();
      },
    };
    const redis = {
      publish: async (_ids: string[], payloads: string[]) => {
        byRedis.push(payloads);
        return redisReaches;
      },
    };
    sender = new NoticeSender(
      connection as unknown as NoticeConnection,
      redis as unknown as RedisNotices,
      peers,
      previous as PreviousRelease,
      { value: ME },
    );
  });

  const send = (...sessions: string[]) => sender.send(new Notice().add('sessions', sessions));
  const sessionsOf = (notifications: readonly Notification[]) =>
    notifications.flatMap(({ payload }) => Notice.parse(payload).notice.of('sessions'));
  const settled = async () => {
    for (let turn = 0; turn < 5; turn++) await nextTurn();
  };

  it('tells together what one turn of the event loop brings', async () => {
    for (const id of ['a', 'b', 'a', 'c']) send(id);
    await settled();
    expect(sent.map(sessionsOf)).toEqual([['a', 'b', 'c']]);
  });

  it('has one notice on its way at a time, and tells together what comes meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answer = () => promise;
    send('a');
    await settled();
    for (const id of ['b', 'c']) {
      send(id);
      await settled();
    }
    expect(sent.map(sessionsOf)).toEqual([['a']]);
    resolve();
    await settled();
    expect(sent.map(sessionsOf)).toEqual([['a'], ['b', 'c']]);
  });

  it('repeats what could not be sent when it is asked to, and not with each later notice', async () => {
    answer = () => Promise.reject(new Error('away'));
    send('a');
    await settled();
    send('b');
    await settled();
    expect(byRedis).toHaveLength(2);
    answer = async () => undefined;
    sender.resume();
    await settled();
    expect(sent.map(sessionsOf)).toEqual([['a'], ['b'], ['a', 'b']]);
    sender.resume();
    await settled();
    expect(sent).toHaveLength(3);
  });

  it('tries a last time what could not be sent', async () => {
    answer = () => Promise.reject(new Error('away'));
    send('a');
    await settled();
    answer = async () => undefined;
    await sender.flushed();
    expect(sent.map(sessionsOf)).toEqual([['a'], ['a']]);
  });

  it('sends nothing while there is no peer, and keeps it until it is asked for', async () => {
    peers.renewed([], performance.now());
    send('a');
    send('b');
    await settled();
    expect(sent).toEqual([]);
    expect(sender.takeKept().of('sessions')).toEqual(['a', 'b']);
    expect(sender.takeKept().isEmpty).toBe(true);
    peers.greet('peer');
    send('c');
    await settled();
    expect(sent.map(sessionsOf)).toEqual([['c']]);
  });

  it.each([
    { reached: true, known: true, byPostgres: 0 },
    { reached: false, known: true, byPostgres: 1 },
    { reached: true, known: false, byPostgres: 1 },
  ])('tells PostgreSQL what Redis may not have told: %o', async ({ reached, known, byPostgres }) => {
    redisReaches = reached;
    peers.renewed(['peer'], known ? performance.now() : -Infinity);
    send('a');
    await settled();
    expect(byRedis).toHaveLength(1);
    expect(sent).toHaveLength(byPostgres);
  });

  it('tells the release before in its own form, also where there is no peer', async () => {
    peers.renewed([], performance.now());
    previous.isPresent = true;
    const ids = Array.from({ length: 201 }, () => randomUUID());
    sender.send(new Notice().add('sessions', ids).add('runs', ['abandoned']).add('jobs', ['due']));
    await settled();
    expect(sent.flat().filter(({ channel }) => channel !== NOTICES_CHANNEL)).toEqual([
      { channel: 'agent_runtime_events', payload: [ME, ...ids.slice(0, 200)].join(' ') },
      { channel: 'agent_runtime_events', payload: [ME, ids[200]].join(' ') },
      { channel: 'agent_runtime_runs', payload: 'abandoned' },
      { channel: 'agent_runtime_jobs', payload: 'due' },
    ]);
  });
});
