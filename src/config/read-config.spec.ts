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
      dataDir: '.data',
      defaultModel: 'gpt-5-mini',
      multiAgentMode: true,
      llm: { connectTimeoutSeconds: 30, idleTimeoutSeconds: 60, maxRetries: 3 },
      modelCallLimit: 50,
      toolResultTimeoutSeconds: 3600,
      sseHeartbeatSeconds: 15,
      eventDeltaRetentionSeconds: 3600,
      authMode: 'none',
      logFormat: 'json',
    });
    expect(readConfig({}, true).logFormat).toBe('pretty');
  });

  it('take what is set, and what is set to nothing as unset', () => {
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
      OPENAI_BASE_URL: 'not a url',
      MULTI_AGENT_MODE: 'maybe',
      LOG_LEVEL: 'loud',
    });
    for (const name of [
      'PORT',
      'LLM_MAX_RETRIES',
      'DATABASE_URL',
      'OPENAI_BASE_URL',
      'MULTI_AGENT_MODE',
      'LOG_LEVEL',
    ]) {
      expect(message).toMatch(new RegExp(`^  ${name} must `, 'm'));
    }
    expect(message).not.toMatch(/70000|many|hunter2|not a url|maybe|loud/);
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

  it('cannot be changed', () => {
    const config = readConfig({}, false) as { port: number; llm: { maxRetries: number } };
    expect(() => (config.port = 1)).toThrow(TypeError);
    expect(() => (config.llm.maxRetries = 1)).toThrow(TypeError);
  });
});
