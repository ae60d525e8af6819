/**
 * The settings of this process, validated and frozen. docs/settings.md says what each means; durations carry
 * their unit in the name.
 */
export abstract class Config {
  abstract readonly host: string;
  /** 0 = any free port. */
  abstract readonly port: number;
  abstract readonly metricsPort: number | undefined;
  /** Where a process that only works answers probes and scrapes; 0 = any free port. */
  abstract readonly workerPort: number;
  /** Unset = embedded PostgreSQL under `dataDir`. */
  abstract readonly databaseUrl: string | undefined;
  abstract readonly databasePoolSize: number;
  abstract readonly dataDir: string;
  abstract readonly redisUrl: string | undefined;
  abstract readonly openai: {
    readonly apiKey: string | undefined;
    readonly baseUrl: string | undefined;
  };
  abstract readonly defaultModel: string;
  abstract readonly multiAgentMode: boolean;
  abstract readonly llm: {
    readonly connectTimeoutSeconds: number;
    readonly idleTimeoutSeconds: number;
    readonly maxRetries: number;
  };
  abstract readonly modelCallLimit: number;
  /** The rules for tool calls. `required`: its absence is a fault. */
  abstract readonly approvalPolicyFile: { readonly path: string; readonly required: boolean };
  abstract readonly approvalTimeoutSeconds: number;
  abstract readonly toolResultTimeoutSeconds: number;
  abstract readonly runLeaseSeconds: number;
  abstract readonly shutdownDrainTimeoutSeconds: number;
  /** What becomes of the runs that are not done by then. */
  abstract readonly shutdownPolicy: 'interrupt' | 'handover';
  abstract readonly jobs: {
    readonly concurrency: number;
    readonly ttlSeconds: number;
    readonly retries: number;
    readonly retryDelaySeconds: number;
    readonly quotaPerUser: number;
    readonly quotaPerType: number;
  };
  /** Requests of a user that change something; 0 = any number. */
  abstract readonly rateLimitPerMinute: number;
  /** Event streams of a user that this process has open; 0 = any number. */
  abstract readonly sseConnectionsPerUser: number;
  abstract readonly sseHeartbeatSeconds: number;
  abstract readonly eventDeltaRetentionSeconds: number;
  /** Who is who: nobody asks (on a loopback address only), keys of ours, or tokens that somebody else issues. */
  abstract readonly auth:
    | { readonly mode: 'none' | 'api_key' }
    | {
        readonly mode: 'jwt';
        readonly key: { readonly secret: string } | { readonly jwksUrl: string };
        readonly issuer: string | undefined;
        readonly audience: string | undefined;
      };
  /** Other origins whose pages may ask, such as `https://ide.example`. */
  abstract readonly corsAllowedOrigins: readonly string[];
  abstract readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  abstract readonly logFormat: 'pretty' | 'json';
  /** Where spans are sent, and as whose; undefined = nowhere. */
  abstract readonly tracing:
    | {
        /** Of a collector that speaks OTLP over HTTP. */
        readonly endpoint: string;
        readonly serviceName: string;
        /** The part of the traces begun here that is recorded, 0..1. */
        readonly ratio: number;
      }
    | undefined;
}

/** Settings that cannot be used. The message names each faulty variable and what it must be, never its value. */
export class ConfigInvalid extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`Cannot start, these settings are wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigInvalid';
  }
}
