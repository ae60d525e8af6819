import { describe, expect, it } from 'vitest';
import { cpuMsOf } from '../../../test/support/cpu-time.js';
import { readConfig } from '../../config/read-config.js';
import { Redaction } from './redaction.js';

const KEY = 'any "form" of a key';

const redaction = Redaction.of(
  readConfig(
    {
      OPENAI_API_KEY: KEY,
      DATABASE_URL: 'postgres://agents:sesame%2Fopen@db/agents',
      REDIS_URL: 'redis://:short@cache',
    },
    false,
  ),
);

describe('what leaves the process', () => {
  it.each([
    ['a key of the settings', `asked with ${KEY}`],
    ['a key of the settings, in JSON', JSON.stringify({ message: `asked with ${KEY}` })],
    ['a password of the settings', 'tried sesame/open'],
    ['a password of the settings, in an address', 'tried sesame%2Fopen'],
    ['a key of this server', 'refused ar_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE'],
    ['a key of this server on a line of its own, in JSON', JSON.stringify('refused\nar_Zm9vYmFyYmF6cXV4')],
    ['a key of a provider', 'Incorrect API key provided: sk-proj-abc_DEF123'],
    ['a token', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.sflKxwRJSMeKKF2QT4fwpM'],
    ['a header', 'authorization: Bearer mF_9.B5f-4.1JqM'],
    ['a header with a password', 'Authorization: Basic YWxpY2U6c2VzYW1l'],
    ['credentials in an address', 'connect to redis://:secret-one@cache:6379/0'],
    ['credentials with a user', 'connect to postgres://alice:secret@one@db:5432/agents'],
    ['a parameter of an address', 'GET /v1/runs?limit=5&access_token=secret-one&after=3'],
    ['a parameter called otherwise', 'GET https://bucket/?X-Amz-Signature=secret-one'],
  ])('has no secret: %s', (_, text) => {
    const cleaned = redaction.clean(text);
    expect(cleaned).toContain('[redacted]');
    expect(cleaned).not.toMatch(/form|sesame|Zm9v|abc_DEF|eyJ|mF_9|YWxp|secret/);
  });

  it.each([
    'an attempt of a job ended',
    'calendar_events_of_the_year, task-1234567890, eyJ.x',
    '{"msg":"listening at http://127.0.0.1:3000/docs","short":"short"}',
    'GET /v1/sessions?limit=5&after=3',
    'mail to alice@example.com about http://example.com/@alice',
    'Bearer of bad news',
  ])('is as it was where there is none: %s', (text) => {
    expect(redaction.clean(text)).toBe(text);
  });

  it('stays JSON', () => {
    const line = JSON.stringify({
      message: `a\n"${KEY}"`,
      url: 'redis://:pass@c?token=x',
      end: 'ar_0123456789',
    });
    expect(Object.keys(JSON.parse(redaction.clean(line)) as object)).toEqual(['message', 'url', 'end']);
  });

  it.each([
    ['schemes', 'a.'.repeat(50_000)],
    ['credentials', '://a:'.repeat(20_000)],
    ['tokens', 'eyJabcd.'.repeat(20_000)],
    ['parameters', '?token'.repeat(20_000)],
    ['headers', 'bearer '.repeat(20_000)],
  ])('takes no long time over %s without end', (_, text) => {
    expect(cpuMsOf(() => redaction.clean(text))).toBeLessThan(500);
  });
});
