import { once } from 'node:events';
import { Server, createServer, request } from 'node:http';
import { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';
import { TraceCollector } from '../support/trace-collector.js';

const portOf = (server: Server) => (server.address() as AddressInfo).port;

const listening = async (server: Server): Promise<Server> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
};

const ACCOUNT = 'user:proxy-password';
const CREDENTIALS = `Basic ${Buffer.from(ACCOUNT).toString('base64')}`;

/** Knows hosts that have no address elsewhere. */
class Proxy {
  readonly asked = new Set<string>();
  private constructor(private readonly server: Server) {}

  static async start(portOfHost: Readonly<Record<string, number>>): Promise<Proxy> {
    const server = createServer((given, response) => {
      const { host, pathname } = new URL(given.url!);
      const { method, headers } = given;
      if (headers['proxy-authorization'] !== CREDENTIALS) return void response.writeHead(407).end();
      proxy.asked.add(host);
      const passed = request({ port: portOfHost[host], path: pathname, method, headers }, (answer) =>
        answer.pipe(response.writeHead(answer.statusCode!, answer.headers)),
      );
      given.pipe(passed);
    });
    const proxy = new Proxy(await listening(server));
    return proxy;
  }

  get address(): string {
    return `${ACCOUNT}@127.0.0.1:${portOf(this.server)}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const ISSUER = { JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'agent-runtime' };

let model: ScriptedModel;
let keys: Server;
let collector: TraceCollector;
let proxy: Proxy;
let app: TestApp;
let token: string;

beforeAll(async () => {
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  token = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256' })
    .setSubject('alice')
    .setIssuer(ISSUER.JWT_ISSUER)
    .setAudience(ISSUER.JWT_AUDIENCE)
    .setExpirationTime('1h')
    .sign(privateKey);
  model = await ScriptedModel.start();
  keys = await listening(createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] }))));
  collector = await TraceCollector.start();
  proxy = await Proxy.start({
    'models.invalid': Number(new URL(model.url).port),
    'keys.invalid': portOf(keys),
    'spans.invalid': Number(new URL(collector.url).port),
  });
  app = await TestApp.start(
    {
      ...ISSUER,
      http_proxy: proxy.address,
      OPENAI_BASE_URL: 'http://models.invalid/v1',
      AUTH_MODE: 'jwt',
      JWT_JWKS_URL: 'http://keys.invalid/keys',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://spans.invalid',
    },
    { model },
  );
});
afterAll(async () => {
  await app?.stop();
  await collector?.stop();
  proxy?.stop();
  keys?.close();
  await model?.stop();
  vi.unstubAllEnvs();
});

it('reaches the model, published keys and the collector through the proxy', async () => {
  model.always({ text: 'hello' });
  const alice = app.client.with({ authorization: `Bearer ${token}` });
  const sessionId = await alice.openSession();
  const events = await alice.ask(sessionId, 'hello');
  expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } });
  await eventually(() => expect(collector.spans).not.toEqual([]));
  expect(proxy.asked).toEqual(new Set(['keys.invalid', 'models.invalid', 'spans.invalid']));
});
