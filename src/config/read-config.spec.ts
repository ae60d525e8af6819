import { describe, expect, it } from 'vitest';
import { ConfigInvalid } from './config.js';
import { readConfig } from './read-config.js';

const faultsOf = (env: Record<string, string>): string => {
  try {
    readConfig(env, false);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.message;
    throw error;
  }
  return '';
};

describe('the settings', () => {
  it('have defaults, with units in their names', () => {
    expect(readConfig({}, false)).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      metricsPort: undefined,
      console: true,
      dataDir: '.data',
      defaultModel: 'gpt-5-mini',
      multiAgentMode: true,
      llm: {
        connectTimeoutSeconds: 30,
        firstTokenTimeoutSeconds: 300,
        idleTimeoutSeconds: 60,
        maxRetries: 3,
      },
      modelCallLimit: 50,
      toolResultTimeoutSeconds: 3600,
      sseHeartbeatSeconds: 15,
      eventDeltaRetentionSeconds: 3600,
      auth: { mode: 'none' },
      corsAllowedOrigins: [],
      rateLimitPerMinute: 600,
      sseConnectionsPerUser: 100,
      logFormat: 'json',
      tracing: undefined,
    });
    expect(readConfig({}, true).logFormat).toBe('pretty');
  });

  it('take proxies as other programs do, never for this machine', () => {
    expect(readConfig({ http_proxy: 'proxy.corp:3128', NO_PROXY: '.corp' }, false).proxy).toEqual({
      http: 'http://proxy.corp:3128',
      https: 'http://proxy.corp:3128',
      except: 'localhost,127.0.0.1,::1,[::1],.corp',
    });
    const both = { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2' };
    expect(readConfig(both, false).proxy).toMatchObject({ http: undefined, https: 'http://b:2' });
    expect(faultsOf({ HTTPS_PROXY: 'socks5://a:1' })).toContain('HTTPS_PROXY must be http://');
  });

  it('take variables that are set, and empty ones as unset', () => {
    const config = readConfig(
      { PORT: '8080', HOST: '::1', MULTI_AGENT_MODE: 'false', DATABASE_URL: '' },
      false,
    );
    expect(config).toMatchObject({ port: 8080, host: '::1', multiAgentMode: false, databaseUrl: undefined });
  });

  it('name every fault at once and no value', () => {
    const message = faultsOf({
      PORT: '70000',
      LLM_MAX_RETRIES: 'many',
      DATABASE_URL: 'mysql://root:hunter2@db',
      OPENAI_API_KEY: '“sk-typographic”',
      OPENAI_BASE_URL: 'not a url',
      MULTI_AGENT_MODE: 'maybe',
      LOG_LEVEL: 'loud',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_TRACES_SAMPLER_ARG: '1.5',
    });
    for (const name of [
      'PORT',
      'LLM_MAX_RETRIES',
      'DATABASE_URL',
      'OPENAI_API_KEY',
      'OPENAI_BASE_URL',
      'MULTI_AGENT_MODE',
      'LOG_LEVEL',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_TRACES_SAMPLER_ARG',
    ]) {
      expect(message).toMatch(new RegExp(`^  ${name} must `, 'm'));
    }
    expect(message).not.toMatch(/70000|many|hunter2|typographic|not a url|maybe|loud|4318|1\.5/);
  });

  it('take a key with the line break of its file', () => {
    expect(faultsOf({ OPENAI_API_KEY: 'sk-x\n' })).toBe('');
  });

  it.each([
    ['sslmode=allow', /^  DATABASE_URL must have no sslmode, or one of disable, /m],
    ['sslmode=verify', /^  DATABASE_URL must have no sslmode, or one of disable, /m],
    ['sslmode=verify-ca', /^  DATABASE_URL must name sslrootcert with sslmode=verify-ca$/m],
  ])('refuse an address of the database with %s', (parameters, fault) => {
    expect(faultsOf({ DATABASE_URL: `postgres://db/agents?${parameters}` })).toMatch(fault);
  });

  it.each(['0.0.0.0', '192.168.1.5', 'example.com', '::'])(
    'refuse to open %s to the world without authentication',
    (host) => {
      expect(faultsOf({ HOST: host })).toContain('HOST must be a loopback address');
    },
  );

  it.each([
    ['PORT', ['-1', '1.5', '1e3', ' 80', '65536']],
    ['RUN_LEASE_SECONDS', ['0', '-5']],
    ['SHUTDOWN_DRAIN_TIMEOUT_SECONDS', ['x', '3601']],
  ])('refuse %s outside of its range', (name, values) => {
    for (const value of values)
      expect(faultsOf({ [name]: value })).toContain(`${name} must be a whole number`);
  });

  it('open it to the world with authentication', () => {
    expect(readConfig({ HOST: '0.0.0.0', AUTH_MODE: 'api_key' }, false)).toMatchObject({
      host: '0.0.0.0',
      auth: { mode: 'api_key' },
    });
    expect(faultsOf({ AUTH_MODE: 'maybe' })).toContain('AUTH_MODE must be none, local_key, api_key or jwt');
  });

  it('take the console away', () => {
    expect(readConfig({ CONSOLE: 'off' }, false).console).toBe(false);
    expect(faultsOf({ CONSOLE: 'no' })).toContain('CONSOLE must be on or off');
  });

  const SECRET = 's'.repeat(32);

  it('know a secret, or published keys with issuer and audience', () => {
    const given = { AUTH_MODE: 'jwt', JWT_SECRET: SECRET, JWT_ISSUER: 'me' };
    expect(readConfig(given, false).auth).toEqual({
      mode: 'jwt',
      key: { secret: SECRET },
      issuer: 'me',
      audience: undefined,
    });
    const url = 'https://id.example/keys';
    const published = { AUTH_MODE: 'jwt', JWT_JWKS_URL: url, JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };
    expect(readConfig(published, false).auth).toMatchObject({
      key: { jwksUrl: url },
      issuer: 'i',
      audience: 'a',
    });
  });

  it.each([
    [{}, ['JWT_SECRET must be set while AUTH_MODE is jwt']],
    [{ JWT_SECRET: 'short' }, ['JWT_SECRET must have 32 characters at least']],
    [
      { JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://id.example' },
      ['JWT_SECRET must be unset where JWT_JWKS_URL is set'],
    ],
    [
      { JWT_JWKS_URL: 'https://id.example' },
      ['JWT_ISSUER must be set with JWT_JWKS_URL', 'JWT_AUDIENCE must be set with JWT_JWKS_URL'],
    ],
    [{ JWT_JWKS_URL: 'ftp://id.example' }, ['JWT_JWKS_URL must be a URL']],
  ])('refuse to verify tokens by %j', (given, faults) => {
    const message = faultsOf({ AUTH_MODE: 'jwt', ...given });
    for (const fault of faults) expect(message).toContain(fault);
    expect(message).not.toContain(SECRET);
  });

  it('take a list of origins', () => {
    const origins = 'https://ide.example, vscode-webview://panel,http://localhost:5173';
    expect(readConfig({ CORS_ALLOWED_ORIGINS: origins }, false).corsAllowedOrigins).toEqual([
      'https://ide.example',
      'vscode-webview://panel',
      'http://localhost:5173',
    ]);
    for (const wrong of ['*', 'https://ide.example/', 'ide.example', 'https://a, ']) {
      expect(faultsOf({ CORS_ALLOWED_ORIGINS: wrong })).toContain('CORS_ALLOWED_ORIGINS must be origins');
    }
  });

  it('take a list of modes', () => {
    expect(readConfig({}, false).approvalModes).toEqual(['read_only', 'ask', 'accept_edits']);
    expect(readConfig({ APPROVAL_MODES: 'ask, read_only' }, false).approvalModes).toEqual([
      'ask',
      'read_only',
    ]);
    for (const wrong of ['default', 'ask,', 'ask accept_edits', ',']) {
      expect(faultsOf({ APPROVAL_MODES: wrong })).toContain(
        'APPROVAL_MODES must be some of read_only, ask, accept_edits',
      );
    }
  });

  it('cannot be changed', () => {
    const config = readConfig({}, false) as { port: number; llm: { maxRetries: number } };
    expect(() => (config.port = 1)).toThrow(TypeError);
    expect(() => (config.llm.maxRetries = 1)).toThrow(TypeError);
  });
});
