/**
 * The settings of this process, validated and frozen. docs/settings.md explains each; durations have their unit in
 * the name.
 */
export abstract class Config {
  abstract readonly host: string;
  /** 0 = any free port. */
  abstract readonly port: number;
  abstract readonly metricsPort: number | undefined;
  /** Whether the web console is served. */
  abstract readonly console: boolean;
  /** Port for probes and scrapes of a worker process; 0 = any free port. */
  abstract readonly workerPort: number;
  /** Unset = embedded PostgreSQL under `dataDir`. */
  abstract readonly databaseUrl: string | undefined;
  abstract readonly databasePoolSize: number;
  abstract readonly dataDir: string;
  /** How long a daemon stays that does nothing. */
  abstract readonly daemonIdleSeconds: number;
  abstract readonly redisUrl: string | undefined;
  abstract readonly openai: {
    readonly apiKey: string | undefined;
    readonly baseUrl: string | undefined;
  };
  abstract readonly defaultModel: string;
  /** The providers and models; unset = one provider by `openai` and `defaultModel`. */
  abstract readonly modelsFile: string | undefined;
  /** The value of an environment variable that a file names, such as a key; undefined if it is unset or empty. */
  abstract readonly variable: (name: string) => string | undefined;
  /** A folder with agents beside the built-in ones. */
  abstract readonly agentsDir: string | undefined;
  abstract readonly multiAgentMode: boolean;
  abstract readonly llm: {
    readonly connectTimeoutSeconds: number;
    readonly firstTokenTimeoutSeconds: number;
    readonly idleTimeoutSeconds: number;
    readonly maxRetries: number;
  };
  abstract readonly modelCallLimit: number;
  /** The rules for tool calls. `required`: a missing file is an error. */
  abstract readonly approvalPolicyFile: { readonly path: string; readonly required: boolean };
  /** Those that users may choose for a session. */
  abstract readonly approvalModes: readonly ('read_only' | 'ask' | 'accept_edits')[];
  abstract readonly approvalTimeoutSeconds: number;
  abstract readonly toolResultTimeoutSeconds: number;
  /** Of one answer in the conversation. */
  abstract readonly toolResultMaxCharacters: number;
  abstract readonly runLeaseSeconds: number;
  abstract readonly shutdownDrainTimeoutSeconds: number;
  /** What happens to runs that are still active after the drain. */
  abstract readonly shutdownPolicy: 'interrupt' | 'handover';
  abstract readonly jobs: {
    readonly concurrency: number;
    readonly ttlSeconds: number;
    readonly retries: number;
    readonly retryDelaySeconds: number;
    readonly quotaPerUser: number;
    readonly quotaPerType: number;
  };
  /** Of all that a user has stored, in bytes; 0 = no limit. */
  abstract readonly blobQuotaPerUser: number;
  /** Requests of a user that change something, per minute; 0 = no limit. */
  abstract readonly rateLimitPerMinute: number;
  /** Open event streams of a user in this process; 0 = no limit. */
  abstract readonly sseConnectionsPerUser: number;
  abstract readonly sseHeartbeatSeconds: number;
  abstract readonly eventDeltaRetentionSeconds: number;
  /**
   * Authentication: none (on a loopback address only), the key of the one user, API keys of this server, or tokens of another
   * issuer.
   */
  abstract readonly auth:
    | { readonly mode: 'none' | 'local_key' | 'api_key' }
    | {
        readonly mode: 'jwt';
        readonly key: { readonly secret: string } | { readonly jwksUrl: string };
        readonly issuer: string | undefined;
        readonly audience: string | undefined;
      };
  /** Other origins whose pages may call the API, such as `https://ide.example`. */
  abstract readonly corsAllowedOrigins: readonly string[];
  /** The proxies for outgoing requests to http and https addresses, and a list of hosts that are reached directly. */
  abstract readonly proxy: {
    readonly http: string | undefined;
    readonly https: string | undefined;
    readonly except: string;
  };
  abstract readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  abstract readonly logFormat: 'pretty' | 'json';
  /** The collector that receives spans, and the service name; undefined = no tracing. */
  abstract readonly tracing:
    | {
        /** URL of a collector for OTLP over HTTP. */
        readonly endpoint: string;
        readonly serviceName: string;
        /** The share of traces begun here that is recorded, 0..1. */
        readonly ratio: number;
      }
    | undefined;
}

/** Whether a header can carry a key. White space around it is left out when it is sent. */
export const isSendableKey = (key: string): boolean => /^[ -~]+$/.test(key.trim());

/** Invalid settings. The message names each faulty variable and its allowed values, never its value. */
export class ConfigInvalid extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`Cannot start, these settings are wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigInvalid';
  }
}
