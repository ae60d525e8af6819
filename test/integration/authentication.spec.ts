import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RevokeApiKey } from '../../src/modules/auth/index.js';
import { TestClient } from '../support/client.js';
import { TestApp } from '../support/test-app.js';

const bearer = (client: TestClient, token: string) => client.with({ authorization: `Bearer ${token}` });

describe('With AUTH_MODE=api_key', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ AUTH_MODE: 'api_key', SSE_HEARTBEAT_SECONDS: '1' });
  });
  afterAll(() => app.stop());

  it('asks a client without credentials for them, before it reads the body', async () => {
    const { status, headers, body } = await app.client.post('/v1/sessions', '{not json');
    expect([status, body.code]).toEqual([401, 'auth.required']);
    expect(headers.get('www-authenticate')).toBe('Bearer realm="agent-runtime"');
    expect(headers.get('x-request-id')).toBe(body.request_id);
  });

  it.each([
    ['a key that was never issued', `Bearer ar_${'x'.repeat(43)}`],
    ['what is no key', 'Bearer hello'],
    ['another scheme', 'Basic YWxpY2U6c2VjcmV0'],
    ['the scheme alone', 'Bearer'],
    ['two keys', `Bearer ar_${'x'.repeat(43)}, Bearer ar_${'y'.repeat(43)}`],
  ])('refuses %s', async (_, authorization) => {
    const { status, headers, body } = await app.client.with({ authorization }).get('/v1/sessions');
    expect([status, body.code]).toEqual([401, 'auth.required']);
    expect(headers.get('www-authenticate')).toBe('Bearer realm="agent-runtime", error="invalid_token"');
    expect(JSON.stringify(body)).not.toContain('xxx');
  });

  it('lets the owner of a key in, and keeps of it only a hash', async () => {
    const alice = await app.as('alice');
    const sessionId = await alice.openSession();
    const [session] = await app.database.rows('select user_id from sessions where id = $1', [sessionId]);
    expect(session).toEqual({ user_id: 'alice' });
    const secret = /ar_[\w-]+/.exec(JSON.stringify(alice))![0];
    const [row] = await app.database.rows<{ whole: string; hashed: boolean }>(
      `select k::text as whole, hash = sha256($1::bytea) as hashed from api_keys k where user_id = 'alice'`,
      [Buffer.from(secret)],
    );
    expect(row!.hashed).toBe(true);
    expect(row!.whole).not.toContain(secret);
  });

  it('is not taken in by the case of a path, nor by slashes', async () => {
    for (const path of ['/V1/sessions', '/v1/Sessions', '//v1/sessions', '/v1//sessions', '/v1/sessions/']) {
      const { status } = await app.client.get(path);
      expect([401, 404], path).toContain(status);
    }
  });

  it('lets a revoked key in no more, and ends the streams that were opened with it', async () => {
    const [revoked, kept] = [await app.as('mallory'), await app.as('mallory')];
    const path = `/v1/sessions/${await revoked.openSession()}/events`;
    const [ending, lasting] = [await revoked.open(path), await kept.open(path)];
    const [key] = await app.database.rows<{ id: string }>(
      `select id from api_keys where user_id = 'mallory' order by id limit 1`,
    );
    await app.nest.get(RevokeApiKey).execute(key!.id);
    expect((await revoked.get('/v1/sessions')).status).toBe(401);
    while (!(await ending.next()).done); // it ends by itself, with a heartbeat
    expect((await kept.get('/v1/sessions')).status).toBe(200);
    expect((await lasting.next()).done).toBe(false);
    await lasting.return(undefined);
    await expect(app.nest.get(RevokeApiKey).execute(key!.id)).rejects.toThrow(/not revoked/);
  });

  it('answers probes and scrapes, and shows the documentation, to everybody', async () => {
    for (const path of [
      '/health',
      '/health/live',
      '/health/ready',
      '/metrics',
      '/docs',
      '/docs/openapi.json',
    ]) {
      expect((await app.client.get(path)).status, path).toBe(200);
    }
  });

  it('keeps the same Idempotency-Key of two users apart', async () => {
    const [ann, ben] = [await app.as('ann'), await app.as('ben')];
    const key = { 'idempotency-key': 'one-for-all' };
    const hers = await ann.call('POST', '/v1/sessions', { title: 'A' }, key);
    const his = await ben.call('POST', '/v1/sessions', { title: 'A' }, key);
    expect(his.status).toBe(201);
    expect(his.body.id).not.toBe(hers.body.id);
    expect((await ann.call('POST', '/v1/sessions', { title: 'A' }, key)).body.id).toBe(hers.body.id);
  });
});

const SECRET = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
const ISSUER = 'https://id.example';
const AUDIENCE = 'agent-runtime';

const claims = (sub: string, more: { aud?: string; iss?: string; exp?: string | null } = {}) => {
  const token = new SignJWT()
    .setSubject(sub)
    .setIssuer(more.iss ?? ISSUER)
    .setAudience(more.aud ?? AUDIENCE);
  return more.exp === null ? token : token.setExpirationTime(more.exp ?? '5m');
};

const HS256 = { alg: 'HS256' };

describe('With AUTH_MODE=jwt and a shared secret', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({
      AUTH_MODE: 'jwt',
      JWT_SECRET: new TextDecoder().decode(SECRET),
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      SSE_HEARTBEAT_SECONDS: '1',
    });
  });
  afterAll(() => app.stop());

  it('knows the user by sub', async () => {
    const token = await claims('auth0|alice').setProtectedHeader(HS256).sign(SECRET);
    const sessionId = await bearer(app.client, token).openSession();
    const [session] = await app.database.rows('select user_id from sessions where id = $1', [sessionId]);
    expect(session).toEqual({ user_id: 'auth0|alice' });
  });

  const sign = (token: SignJWT, key = SECRET, alg = 'HS256') => token.setProtectedHeader({ alg }).sign(key);
  const unsigned = (payload: object) =>
    [{ alg: 'none' }, payload].map((part) => btoa(JSON.stringify(part)).replaceAll('=', '')).join('.') + '.';

  it.each<[string, () => Promise<string>]>([
    ['another issuer’s', () => sign(claims('alice', { iss: 'https://evil.example' }))],
    ['another audience’s', () => sign(claims('alice', { aud: 'mail' }))],
    ['an expired one', () => sign(claims('alice', { exp: '-1m' }))],
    ['one that never expires', () => sign(claims('alice', { exp: null }))],
    ['one that is not valid yet', () => sign(claims('alice').setNotBefore('2m'))],
    ['one without a user', () => sign(claims(''))],
    ['the runtime’s own name', () => sign(claims('runtime'))],
    ['a user of two lines', () => sign(claims('alice\nbob'))],
    [
      'another secret’s',
      () =>
        sign(
          claims('alice'),
          SECRET.map((byte) => byte + 1),
        ),
    ],
    [
      'an unsigned one',
      async () => unsigned({ sub: 'alice', iss: ISSUER, aud: AUDIENCE, exp: 4_000_000_000 }),
    ],
    [
      'one that is signed by a key pair',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        return claims('alice').setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
      },
    ],
    ['what is no token', async () => 'a.b.c'],
  ])('refuses %s', async (_, token) => {
    const { status, body, headers } = await bearer(app.client, await token()).get('/v1/sessions');
    expect([status, body.code]).toEqual([401, 'auth.required']);
    expect(headers.get('www-authenticate')).toContain('invalid_token');
  });

  it('ends a stream when its token has expired', async () => {
    const client = bearer(app.client, await sign(claims('alice')));
    const sessionId = await client.openSession();
    // The server allows for clocks that differ by five seconds.
    const shortLived = bearer(app.client, await sign(claims('alice', { exp: '-4s' })));
    expect(await Array.fromAsync(shortLived.events(`/v1/sessions/${sessionId}/events`))).toEqual([]);
  });
});

describe('With AUTH_MODE=jwt and published keys', () => {
  let app: TestApp;
  let issuer: Server;
  let published: { status: number; keys: object[] };
  let fetched = 0;

  const newKey = async (kid: string) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
    const sign = (sub: string) => claims(sub).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
    return { jwk, sign };
  };

  const startApp = () =>
    TestApp.start({
      AUTH_MODE: 'jwt',
      JWT_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
    });

  beforeAll(async () => {
    issuer = createServer((_request, response) => {
      fetched++;
      response.writeHead(published.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: published.keys }));
    });
    await once(issuer.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => issuer.close());
  afterEach(() => app.stop());

  it('fetches them once, and takes no token that is keyed with their public part', async () => {
    const key = await newKey('one');
    published = { status: 200, keys: [key.jwk] };
    fetched = 0;
    app = await startApp();
    const alice = bearer(app.client, await key.sign('alice'));
    expect((await Promise.all([1, 2, 3].map(() => alice.get('/v1/sessions')))).map((a) => a.status)).toEqual([
      200, 200, 200,
    ]);
    expect(fetched).toBe(1);
    const publicPart = new TextEncoder().encode(JSON.stringify(key.jwk));
    const confused = await claims('alice').setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(publicPart);
    expect((await bearer(app.client, confused).get('/v1/sessions')).status).toBe(401);
  });

  it('fetches them again for a key it does not know, but not for each such token', async () => {
    const [old, next] = [await newKey('one'), await newKey('two')];
    published = { status: 200, keys: [old.jwk] };
    fetched = 0;
    app = await startApp();
    const statusOf = async (token: string) => (await bearer(app.client, token).get('/v1/sessions')).status;
    expect(await statusOf(await old.sign('alice'))).toBe(200);
    expect(await statusOf(await next.sign('alice'))).toBe(401);
    expect(await statusOf(await next.sign('alice'))).toBe(401);
    expect(fetched).toBe(1);
    published = { status: 200, keys: [next.jwk] };
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    try {
      expect(await statusOf(await next.sign('alice'))).toBe(200);
      expect(await statusOf(await old.sign('alice'))).toBe(401);
      expect(fetched).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('says that it cannot tell while they cannot be fetched, and goes on when they can', async () => {
    const key = await newKey('one');
    published = { status: 500, keys: [] };
    app = await startApp();
    const alice = bearer(app.client, await key.sign('alice'));
    const { status, body, headers } = await alice.get('/v1/sessions');
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'auth.keys_unavailable', '1']);
    published = { status: 200, keys: [key.jwk] };
    expect((await alice.get('/v1/sessions')).status).toBe(200);
  });
});
