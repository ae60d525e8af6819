import { isIP } from 'node:net';
import { z } from 'zod';
import { Config, ConfigInvalid } from './config.js';

/** A whole number within limits, written in digits. */
const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
};

/** Read where it is there; a file that the settings name must be. */
const APPROVAL_POLICY = 'approval-policy.json';

/** As long as the hash that it keys (RFC 7518, 3.2). */
const JWT_SECRET_LENGTH = 32;

const DAY = 86_400;
const seconds = (fallback: number, max = 30 * DAY) => whole(1, max).default(fallback);

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true')
    .default(fallback);

/** Also its escapes must be sound: a % in a password has to be written as %25. */
function isUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  try {
    return decodeURIComponent(new URL(value).href) !== '';
  } catch {
    return false;
  }
}

const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (value) => isUrl(value) && protocols.includes(new URL(value).protocol.slice(0, -1)),
      `must be a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    )
    .optional();

/** A scheme and a host, as browsers write them; also those of programs that are made of pages. */
const isOrigin = (value: string) => /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.[\]:-]+$/.test(value);

const SETTINGS = z.object({
  HOST: z
    .string()
    .refine(
      (value) => isIP(value) > 0 || /^[a-z0-9.-]+$/i.test(value),
      'must be a host name or an IP address',
    )
    .default('127.0.0.1'),
  PORT: whole(0, 65_535).default(3000),
  METRICS_PORT: whole(1, 65_535).optional(),
  WORKER_PORT: whole(0, 65_535).default(3001),
  DATABASE_URL: url('postgres', 'postgresql'),
  DATABASE_POOL_SIZE: whole(2, 1000).default(10),
  DATA_DIR: z.string().default('.data'),
  REDIS_URL: url('redis', 'rediss'),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: url('http', 'https'),
  AGENTS_DEFAULT_MODEL: z.string().default('gpt-5-mini'),
  MULTI_AGENT_MODE: flag(true),
  LLM_CONNECT_TIMEOUT_SECONDS: seconds(30, 3600),
  LLM_IDLE_TIMEOUT_SECONDS: seconds(60, 3600),
  LLM_MAX_RETRIES: whole(0, 20).default(3),
  MODEL_CALL_LIMIT: whole(1, 10_000).default(50),
  APPROVAL_POLICY_FILE: z.string().optional(),
  APPROVAL_TIMEOUT_SECONDS: seconds(DAY),
  TOOL_RESULT_TIMEOUT_SECONDS: seconds(3600),
  RUN_LEASE_SECONDS: seconds(15, 3600),
  SHUTDOWN_DRAIN_TIMEOUT_SECONDS: whole(0, 3600).default(25),
  SHUTDOWN_POLICY: z.enum(['interrupt', 'handover'], 'must be interrupt or handover').default('interrupt'),
  AGENT_WORKER_CONCURRENCY: whole(1, 1000).default(8),
  AGENT_JOB_TTL: seconds(900, DAY),
  AGENT_JOB_RETRIES: whole(0, 20).default(3),
  AGENT_JOB_RETRY_DELAY: seconds(120, DAY),
  JOB_QUOTA_PER_USER: whole(0, 1_000_000).default(100),
  JOB_QUOTA_PER_TYPE: whole(0, 1_000_000).default(1000),
  RATE_LIMIT_PER_MINUTE: whole(0, 1_000_000).default(600),
  SSE_CONNECTIONS_PER_USER: whole(0, 1_000_000).default(100),
  SSE_HEARTBEAT_SECONDS: seconds(15, 3600),
  EVENT_DELTA_RETENTION_SECONDS: whole(0, 365 * DAY).default(3600),
  CORS_ALLOWED_ORIGINS: z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .refine((origins) => origins.every(isOrigin), 'must be origins, such as https://ide.example, with commas')
    .default([]),
  AUTH_MODE: z.enum(['none', 'api_key', 'jwt'], 'must be none, api_key or jwt').default('none'),
  JWT_SECRET: z
    .string()
    .min(JWT_SECRET_LENGTH, `must have ${JWT_SECRET_LENGTH} characters at least`)
    .optional(),
  JWT_JWKS_URL: url('http', 'https').refine(
    (value) => value === undefined || new URL(value).username === '',
    'must be without user and password',
  ),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be fatal, error, warn, info, debug, trace or silent',
    )
    .default('info'),
  LOG_FORMAT: z.enum(['pretty', 'json'], 'must be pretty or json').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https'),
  OTEL_SERVICE_NAME: z.string().default('agent-runtime'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .default(1),
});

/** All that may be set: for whatever sets it elsewhere, such as a deployment. */
export const SETTING_NAMES: readonly string[] = Object.keys(SETTINGS.shape);

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * Reads the settings of this process from the environment. A variable that is set to nothing counts as unset.
 *
 * @throws ConfigInvalid that lists every faulty variable at once
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
  terminal = process.stdout.isTTY,
): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
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
    workerPort: s.WORKER_PORT,
    databaseUrl: s.DATABASE_URL,
    databasePoolSize: s.DATABASE_POOL_SIZE,
    dataDir: s.DATA_DIR,
    redisUrl: s.REDIS_URL,
    openai: { apiKey: s.OPENAI_API_KEY, baseUrl: s.OPENAI_BASE_URL },
    defaultModel: s.AGENTS_DEFAULT_MODEL,
    multiAgentMode: s.MULTI_AGENT_MODE,
    llm: {
      connectTimeoutSeconds: s.LLM_CONNECT_TIMEOUT_SECONDS,
      idleTimeoutSeconds: s.LLM_IDLE_TIMEOUT_SECONDS,
      maxRetries: s.LLM_MAX_RETRIES,
    },
    modelCallLimit: s.MODEL_CALL_LIMIT,
    approvalPolicyFile: {
      path: s.APPROVAL_POLICY_FILE ?? APPROVAL_POLICY,
      required: s.APPROVAL_POLICY_FILE !== undefined,
    },
    approvalTimeoutSeconds: s.APPROVAL_TIMEOUT_SECONDS,
    toolResultTimeoutSeconds: s.TOOL_RESULT_TIMEOUT_SECONDS,
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
    rateLimitPerMinute: s.RATE_LIMIT_PER_MINUTE,
    sseConnectionsPerUser: s.SSE_CONNECTIONS_PER_USER,
    sseHeartbeatSeconds: s.SSE_HEARTBEAT_SECONDS,
    eventDeltaRetentionSeconds: s.EVENT_DELTA_RETENTION_SECONDS,
    auth: authOf(s),
    corsAllowedOrigins: s.CORS_ALLOWED_ORIGINS,
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

/** A secret is shared with whoever makes tokens for us; who publishes keys makes tokens for others as well. */
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
