import type { z } from 'zod';
import { Config, ConfigInvalid } from './config.js';
import { SETTINGS } from './settings.js';

/** Read if it exists; a file that the settings name must exist. */
const APPROVAL_POLICY = 'approval-policy.json';

/** Never reached through a proxy. Clients differ in how they write the address of IPv6. */
const LOOPBACK = 'localhost,127.0.0.1,::1,[::1]';

/** Other programs read these in lower case, too. */
const PROXY_SETTINGS = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * Reads the settings of this process from the environment. An empty variable counts as unset.
 *
 * @throws ConfigInvalid that lists every faulty variable at once
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
  terminal = process.stdout.isTTY,
): Config {
  const proxies = PROXY_SETTINGS.map((name) => [name, env[name.toLowerCase()]] as const);
  const given = Object.fromEntries(
    [...proxies, ...Object.entries(env)].filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = SETTINGS.safeParse(given);
  const faults = (parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}`);
  const host = given['HOST'] ?? '127.0.0.1';
  if ((given['AUTH_MODE'] ?? 'none') === 'none' && !isLoopback(host)) {
    faults.push('HOST must be a loopback address (127.0.0.1, ::1, localhost) while AUTH_MODE is none');
  }
  if (given['AUTH_MODE'] === 'jwt') faults.push(...tokenFaults(given));
  if (!parsed.success || faults.length > 0) throw new ConfigInvalid(faults);

  const s = parsed.data;
  return deepFreeze<Config>({
    host: s.HOST,
    port: s.PORT,
    metricsPort: s.METRICS_PORT,
    console: s.CONSOLE,
    workerPort: s.WORKER_PORT,
    databaseUrl: s.DATABASE_URL,
    databasePoolSize: s.DATABASE_POOL_SIZE,
    dataDir: s.DATA_DIR,
    daemonIdleSeconds: s.DAEMON_IDLE_SECONDS,
    redisUrl: s.REDIS_URL,
    openai: { apiKey: s.OPENAI_API_KEY, baseUrl: s.OPENAI_BASE_URL },
    defaultModel: s.AGENTS_DEFAULT_MODEL,
    modelsFile: s.MODELS_FILE,
    variable: (name) => given[name],
    agentsDir: s.AGENTS_DIR,
    multiAgentMode: s.MULTI_AGENT_MODE,
    llm: {
      connectTimeoutSeconds: s.LLM_CONNECT_TIMEOUT_SECONDS,
      firstTokenTimeoutSeconds: s.LLM_FIRST_TOKEN_TIMEOUT_SECONDS,
      idleTimeoutSeconds: s.LLM_IDLE_TIMEOUT_SECONDS,
      maxRetries: s.LLM_MAX_RETRIES,
    },
    modelCallLimit: s.MODEL_CALL_LIMIT,
    approvalPolicyFile: {
      path: s.APPROVAL_POLICY_FILE ?? APPROVAL_POLICY,
      required: s.APPROVAL_POLICY_FILE !== undefined,
    },
    approvalModes: s.APPROVAL_MODES,
    approvalTimeoutSeconds: s.APPROVAL_TIMEOUT_SECONDS,
    toolResultTimeoutSeconds: s.TOOL_RESULT_TIMEOUT_SECONDS,
    toolResultMaxCharacters: s.TOOL_RESULT_MAX_CHARACTERS,
    runLeaseSeconds: s.RUN_LEASE_SECONDS,
    shutdownDrainTimeoutSeconds: s.SHUTDOWN_DRAIN_TIMEOUT_SECONDS,
    shutdownPolicy: s.SHUTDOWN_POLICY,
    jobs: {
      concurrency: s.AGENT_WORKER_CONCURRENCY,
      ttlSeconds: s.AGENT_JOB_TTL,
      retries: s.AGENT_JOB_RETRIES,
      retryDelaySeconds: s.AGENT_JOB_RETRY_DELAY,
      quotaPerUser: s.JOB_QUOTA_PER_USER,
      quotaPerType: s.JOB_QUOTA_PER_TYPE,
    },
    blobQuotaPerUser: s.BLOB_QUOTA_PER_USER,
    rateLimitPerMinute: s.RATE_LIMIT_PER_MINUTE,
    sseConnectionsPerUser: s.SSE_CONNECTIONS_PER_USER,
    sseHeartbeatSeconds: s.SSE_HEARTBEAT_SECONDS,
    eventDeltaRetentionSeconds: s.EVENT_DELTA_RETENTION_SECONDS,
    auth: authOf(s),
    corsAllowedOrigins: s.CORS_ALLOWED_ORIGINS,
    proxy: {
      http: s.HTTP_PROXY,
      https: s.HTTPS_PROXY ?? s.HTTP_PROXY,
      except: [LOOPBACK, s.NO_PROXY ?? []].flat().join(),
    },
    logLevel: s.LOG_LEVEL,
    logFormat: s.LOG_FORMAT ?? (terminal ? 'pretty' : 'json'),
    tracing:
      s.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : {
            endpoint: s.OTEL_EXPORTER_OTLP_ENDPOINT,
            serviceName: s.OTEL_SERVICE_NAME,
            ratio: s.OTEL_TRACES_SAMPLER_ARG,
          },
  });
}

/**
 * Only the issuer shares the secret; published keys also sign tokens for other services, so they need issuer and
 * audience.
 */
function tokenFaults(given: Readonly<Record<string, unknown>>): string[] {
  const { JWT_SECRET: secret, JWT_JWKS_URL: keys, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = given;
  if (secret === undefined && keys === undefined) {
    return ['JWT_SECRET must be set while AUTH_MODE is jwt, or else JWT_JWKS_URL'];
  }
  if (secret !== undefined) {
    return keys === undefined
      ? []
      : ['JWT_SECRET must be unset where JWT_JWKS_URL is set: one of them counts'];
  }
  return Object.entries({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience })
    .filter(([, value]) => value === undefined)
    .map(([name]) => `${name} must be set with JWT_JWKS_URL: its keys sign tokens for others, too`);
}

function authOf(s: z.infer<typeof SETTINGS>): Config['auth'] {
  if (s.AUTH_MODE !== 'jwt') return { mode: s.AUTH_MODE };
  const key = s.JWT_SECRET === undefined ? { jwksUrl: s.JWT_JWKS_URL! } : { secret: s.JWT_SECRET };
  return { mode: 'jwt', key, issuer: s.JWT_ISSUER, audience: s.JWT_AUDIENCE };
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part as object);
  }
  return Object.freeze(value);
}
