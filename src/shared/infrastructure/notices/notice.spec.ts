import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { Notice } from './notice.js';

const FROM = randomUUID();

it('goes over the wire in payloads that PostgreSQL takes, each text once', () => {
  const ids = Array.from({ length: 1_000 }, () => randomUUID());
  const notice = new Notice().add('sessions', [...ids, ...ids]).add('jobs', ['due', 'due']);
  const payloads = notice.toPayloads(FROM);
  expect(payloads.length).toBeLessThan(10);
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
  const received = payloads.map((payload) => Notice.parse(payload));
  expect(received.every(({ from }) => from === FROM)).toBe(true);
  expect(received.flatMap(({ notice: part }) => part.of('sessions'))).toEqual(ids);
  expect(received.flatMap(({ notice: part }) => part.of('jobs'))).toEqual(['due']);
});

it('is nothing to send where it is empty', () => {
  const notice = new Notice().add('sessions', []);
  expect(notice.isEmpty).toBe(true);
  expect(notice.toPayloads(FROM)).toEqual([]);
});

it.each([
  ['is empty', ''],
  ['is no JSON', 'hello'],
  ['has no sender', JSON.stringify({ topics: {} })],
  ['has a sender that is no instance', JSON.stringify({ from: 'me', topics: {} })],
  ['has no topics', JSON.stringify({ from: FROM })],
  ['has a topic without a list', JSON.stringify({ from: FROM, topics: { sessions: 'all' } })],
  ['has other texts than strings', JSON.stringify({ from: FROM, topics: { sessions: [1] } })],
])('is none where the payload %s', (_, payload) => {
  expect(() => Notice.parse(payload)).toThrow();
});
