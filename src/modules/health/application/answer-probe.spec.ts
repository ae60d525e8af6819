import { describe, expect, it } from 'vitest';
import { AnswerProbe } from './answer-probe.js';

const DETAILS = { details: { database: { status: 'up' } } };

const answer = async (remoteAddress: string | undefined, headers: Record<string, string> = {}) => {
  const probes = new AnswerProbe({ check: async () => ({ isReady: true, details: DETAILS }) });
  return (await probes.execute({ socket: { remoteAddress }, headers })).body;
};

describe('the answer to a probe', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('has details for %s', async (address) => {
    expect(await answer(address)).toBe(DETAILS);
  });

  it.each([
    '10.0.0.7',
    '192.168.127.1',
    '1.127.0.0',
    '::ffff:10.0.0.7',
    '::',
    'fe80::1',
    '2001:db8::1',
    undefined,
  ])('is one word for %s', async (address) => {
    expect(await answer(address)).toEqual({ status: 'ok' });
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'is one word for clients behind a proxy that sends %s, whatever its value',
    async (header) => {
      expect(await answer('127.0.0.1', { [header]: '127.0.0.1' })).toEqual({ status: 'ok' });
      expect(await answer('127.0.0.1', { [header]: '' })).toEqual({ status: 'ok' });
    },
  );
});
