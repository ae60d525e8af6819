import { z } from 'zod';
import {
  DAY_SECONDS,
  flag,
  host,
  key,
  oneOf,
  origins,
  proxy,
  ratio,
  seconds,
  someOf,
  url,
  whole,
} from './setting-kinds.js';

/** The length of the hash, as RFC 7518, 3.2 requires. */
const JWT_SECRET_LENGTH = 32;

/** What pg knows; `allow` and the fallback of `prefer` to a connection without TLS are psql's alone. */
const SSL_MODES = ['disable', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full'];

const parameterOf = (address: string | undefined, name: string): string | null =>
  address !== undefined && URL.canParse(address) ? new URL(address).searchParams.get(name) : null;

function hasKnownSslMode(address: string | undefined): boolean {
  const mode = parameterOf(address, 'sslmode');
  return mode === null || SSL_MODES.includes(mode);
}

/** With the well-known authorities, each of them could certify a false server. */
const namesAuthority = (address: string | undefined): boolean =>
  parameterOf(address, 'sslmode') !== 'verify-ca' || parameterOf(address, 'sslrootcert') !== null;

const ADDRESSES = {
  HOST: host()
    .default('127.0.0.1')
    .describe('Address to listen on. It must be a loopback address while `AUTH_MODE` is `none`'),
  PORT: whole(0, 65_535).default(3000).describe('Port of the API and Swagger UI; 0 = any free port'),
  METRICS_PORT: whole(1, 65_535)
    .optional()
    .describe('Additional port for health probes and `/metrics`; unset = `/metrics` is served on `PORT`'),
  CONSOLE: oneOf('on', 'off')
    .transform((value) => value === 'on')
    .default(true)
    .describe('Whether the [web console](console.md) is served at `/console/`'),
  DAEMON_IDLE_SECONDS: seconds(600, DAY_SECONDS).describe(
    'Seconds that a [daemon](operations.md#the-daemon) stays without a request, an event stream, a running run and a job',
  ),
  WORKER_PORT: whole(0, 65_535)
    .default(3001)
    .describe('Port for probes and scrapes of `npm run start:worker`; 0 = any free port'),
};

const STORAGE = {
  DATABASE_URL: url('postgres', 'postgresql')
    .refine(hasKnownSslMode, `must have no sslmode, or one of ${SSL_MODES.join(', ')}`)
    .refine(namesAuthority, 'must name sslrootcert with sslmode=verify-ca')
    .describe('PostgreSQL to use; unset = the embedded one. [What it needs](operations.md#database)'),
  DATABASE_POOL_SIZE: whole(2, 1000)
    .default(10)
    .describe(
      'Connections in the pool of a process. [A few more](operations.md#sizing) are opened beside it',
    ),
  DATA_DIR: z.string().default('.data').describe('Directory for the data of the embedded PostgreSQL'),
  REDIS_URL: url('redis', 'rediss').describe(
    'Redis that delivers jobs to workers and notices between processes; unset = PostgreSQL does both',
  ),
  BLOB_QUOTA_PER_USER: whole(0, 1_000_000_000_000)
    .default(1_000_000_000)
    .describe(
      'Bytes that one user may have stored, as contents of instruction files and as images; less than 4,096 count as these; 0 = no limit',
    ),
};

const MODELS = {
  OPENAI_API_KEY: key().describe('API key of the model server'),
  OPENAI_BASE_URL: url('http', 'https').describe(
    'Address of the model server; unset = OpenAI. With neither key nor address the offline demo model answers; an install without devDependencies does not have it and refuses to start',
  ),
  AGENTS_DEFAULT_MODEL: z.string().default('gpt-5-mini').describe('Model of agents that name none'),
  MODELS_FILE: z
    .string()
    .optional()
    .describe(
      '[Providers and models](providers.md#several-models) of this installation, from which users choose; the three settings above do not count then. A file named here must exist; unset = one provider and its default model, by those settings',
    ),
  AGENTS_DIR: z
    .string()
    .optional()
    .describe(
      'Folder with [agents as Markdown files](agents.md), beside the built-in ones; a file with the name of a built-in one takes its place',
    ),
  MULTI_AGENT_MODE: flag(true).describe(
    '`false`: the agent `universal` answers every message, and nothing is classified',
  ),
  LLM_CONNECT_TIMEOUT_SECONDS: seconds(30, 3600).describe(
    'Seconds until the request must be sent to the model server',
  ),
  LLM_FIRST_TOKEN_TIMEOUT_SECONDS: seconds(300, 3600).describe(
    'Seconds from then until the first piece of the answer: text, reasoning or a tool call. Keep-alives do not count. A model of `MODELS_FILE` may have a limit of its own',
  ),
  LLM_IDLE_TIMEOUT_SECONDS: seconds(60, 3600).describe(
    'Longest silence between two pieces of an answer, in seconds',
  ),
  LLM_MAX_RETRIES: whole(0, 20).default(3).describe('Retries of a failed model call'),
};

const RUNS = {
  MODEL_CALL_LIMIT: whole(1, 10_000)
    .default(50)
    .describe(
      'Model calls per run, including those for the subtasks of its plan; a run that needs more ends with status `model_call_limit`',
    ),
  APPROVAL_POLICY_FILE: z
    .string()
    .optional()
    .describe(
      '[Rules](operations.md#approvals) for tool calls: ask, allow or forbid. A file named here must exist; unset = `approval-policy.json`, if it exists',
    ),
  APPROVAL_MODES: someOf('read_only', 'ask', 'accept_edits')
    .default(['read_only', 'ask', 'accept_edits'])
    .describe(
      '[Modes](operations.md#modes) that users may choose for a session; in one without a choice agents ask, if that is among them',
    ),
  APPROVAL_TIMEOUT_SECONDS: seconds(DAY_SECONDS).describe(
    'Seconds a human has to decide on a tool call or a plan; after that it counts as rejected',
  ),
  TOOL_RESULT_TIMEOUT_SECONDS: seconds(3600).describe('Seconds the IDE has to answer a tool call'),
  TOOL_RESULT_MAX_CHARACTERS: whole(4_000, 1_000_000)
    .default(50_000)
    .describe(
      'Longest answer of a tool in the conversation, in characters; a longer one is cut, and the whole kept for seven days',
    ),
  RUN_LEASE_SECONDS: seconds(15, 3600).describe(
    'Seconds a run or job stays leased to a process that does not renew; after a crash another process takes over that much later',
  ),
  SHUTDOWN_DRAIN_TIMEOUT_SECONDS: whole(0, 3600)
    .default(25)
    .describe('Seconds that runs and jobs may continue after the first signal to stop'),
  SHUTDOWN_POLICY: oneOf('interrupt', 'handover')
    .default('interrupt')
    .describe(
      'What happens to runs that are still active after the drain: `interrupt` ends them, `handover` leaves them to another instance or the next start',
    ),
};

const JOBS = {
  AGENT_WORKER_CONCURRENCY: whole(1, 1000)
    .default(8)
    .describe('Jobs that a process executes at the same time'),
  AGENT_JOB_TTL: seconds(900, DAY_SECONDS).describe('Longest duration of one attempt of a job, in seconds'),
  AGENT_JOB_RETRIES: whole(0, 20)
    .default(3)
    .describe('Further attempts of a job that failed with a temporary error'),
  AGENT_JOB_RETRY_DELAY: seconds(120, DAY_SECONDS).describe(
    'Seconds before the first retry of a job; the delay doubles with each further one',
  ),
  JOB_QUOTA_PER_USER: whole(0, 1_000_000)
    .default(100)
    .describe('Queued and running jobs of one user; 0 = no limit'),
  JOB_QUOTA_PER_TYPE: whole(0, 1_000_000)
    .default(1000)
    .describe('Queued and running jobs of one type, over all users; 0 = no limit'),
};

const REQUESTS = {
  RATE_LIMIT_PER_MINUTE: whole(0, 1_000_000)
    .default(600)
    .describe('Requests of one user that change something, per minute and over all instances; 0 = no limit'),
  SSE_CONNECTIONS_PER_USER: whole(0, 1_000_000)
    .default(100)
    .describe('Open event streams of one user per instance; 0 = no limit'),
  SSE_HEARTBEAT_SECONDS: seconds(15, 3600).describe('Seconds between heartbeats on an open event stream'),
  EVENT_DELTA_RETENTION_SECONDS: whole(0, 365 * DAY_SECONDS)
    .default(3600)
    .describe('Seconds that deltas are kept after their message was completed or discarded'),
};

const USERS = {
  CORS_ALLOWED_ORIGINS: origins()
    .default([])
    .describe('Origins of web pages that may call the API; unset = none'),
  AUTH_MODE: oneOf('none', 'local_key', 'api_key', 'jwt')
    .default('none')
    .describe(
      'How users are authenticated; `none` = one user, on a loopback address only; `local_key` = the same user, by the key of the [daemon](operations.md#the-daemon). [More](operations.md#users)',
    ),
  JWT_SECRET: z
    .string()
    .min(JWT_SECRET_LENGTH, `must have ${JWT_SECRET_LENGTH} characters at least`)
    .meta({ values: `at least ${JWT_SECRET_LENGTH} characters` })
    .optional()
    .describe('Secret that tokens are signed with. Mode `jwt` needs either this or `JWT_JWKS_URL`'),
  JWT_JWKS_URL: url('http', 'https')
    .refine(
      (value) => value === undefined || new URL(value).username === '',
      'must be without user and password',
    )
    .describe('Address where the public keys of tokens are published, without user and password'),
  JWT_ISSUER: z
    .string()
    .optional()
    .describe('Issuer (`iss`) that tokens must name; required with `JWT_JWKS_URL`'),
  JWT_AUDIENCE: z
    .string()
    .optional()
    .describe('Audience (`aud`) that tokens must name; required with `JWT_JWKS_URL`'),
};

const PROXIES = {
  HTTPS_PROXY: proxy().describe(
    'Proxy for requests to `https://` addresses: the model server, published keys of tokens, the collector of spans. Unset = `HTTP_PROXY`',
  ),
  HTTP_PROXY: proxy().describe('Proxy for requests to `http://` addresses'),
  NO_PROXY: z
    .string()
    .meta({ values: 'host names, domains and addresses, with commas; `*` = all' })
    .optional()
    .describe(
      'Where no proxy is used. Ranges of addresses (`10.0.0.0/8`) are not understood. This machine itself is always reached directly',
    ),
};

const TELEMETRY = {
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent')
    .default('info')
    .describe('Lowest level that is logged'),
  LOG_FORMAT: oneOf('pretty', 'json')
    .optional()
    .describe('Format of the log; unset = `pretty` on a terminal, else `json`'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').describe(
    'Collector that receives the spans (OTLP over HTTP); unset = no tracing. [What is traced](operations.md#tracing)',
  ),
  OTEL_SERVICE_NAME: z.string().default('agent-runtime').describe('Service name of the spans'),
  OTEL_TRACES_SAMPLER_ARG: ratio().default(1).describe('Share of the traces begun here that is recorded'),
};

/** Every setting by topic, in the order in which faults are listed. */
export const TOPICS = {
  'Addresses and ports': ADDRESSES,
  'Database and queue': STORAGE,
  'Models and agents': MODELS,
  'Runs and approvals': RUNS,
  Jobs: JOBS,
  'Requests and event streams': REQUESTS,
  Users: USERS,
  'Outgoing proxy': PROXIES,
  'Logs and traces': TELEMETRY,
};

export const SETTINGS = z.object({
  ...ADDRESSES,
  ...STORAGE,
  ...MODELS,
  ...RUNS,
  ...JOBS,
  ...REQUESTS,
  ...USERS,
  ...PROXIES,
  ...TELEMETRY,
});

export const SETTING_NAMES: readonly string[] = Object.keys(SETTINGS.shape);
