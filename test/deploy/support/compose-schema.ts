const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const duration = { type: 'string', pattern: '^\\d+(s|m)$' } as const;

const object = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const mapOf = (additionalProperties: object) => ({ type: 'object', additionalProperties });

const healthcheck = {
  oneOf: [
    object({ disable: { const: true } }, ['disable']),
    object(
      {
        test: { type: 'array', items: [{ enum: ['CMD', 'CMD-SHELL'] }], additionalItems: text },
        interval: duration,
        timeout: duration,
        start_period: duration,
        start_interval: duration,
        retries: { type: 'integer', minimum: 1 },
      },
      ['test', 'interval', 'timeout', 'retries'],
    ),
  ],
};

const service = object({
  image: text,
  build: text,
  pull_policy: { enum: ['never'] },
  user: text,
  entrypoint: texts,
  command: texts,
  environment: mapOf(text),
  env_file: {
    type: 'array',
    items: object({ path: text, required: { type: 'boolean' }, format: { enum: ['raw'] } }, ['path']),
  },
  extra_hosts: texts,
  volumes: texts,
  tmpfs: texts,
  shm_size: text,
  networks: texts,
  ports: texts,
  depends_on: mapOf(
    object({ condition: { enum: ['service_healthy', 'service_completed_successfully'] } }, ['condition']),
  ),
  healthcheck,
  restart: { enum: ['no', 'unless-stopped'] },
  stop_grace_period: duration,
  read_only: { type: 'boolean' },
  cap_drop: texts,
  security_opt: texts,
  logging: object({ driver: text, options: mapOf(text) }, ['driver', 'options']),
  deploy: object({
    resources: object({ limits: object({ cpus: text, memory: text, pids: { type: 'integer' } }) }),
  }),
});

/** Of the Compose specification what docker-compose.yml uses; a name or a form that is not in here is a mistake. */
export const COMPOSE_SCHEMA = {
  type: 'object',
  required: ['name', 'services', 'networks', 'volumes'],
  properties: {
    name: text,
    services: mapOf(service),
    networks: mapOf(object({ internal: { type: 'boolean' } })),
    volumes: mapOf(object({})),
  },
  patternProperties: { '^x-': {} },
  additionalProperties: false,
};

/** A service as that schema accepts it, its extensions merged in. */
export interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: readonly { readonly path: string; readonly format?: string }[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly disable?: true; readonly test?: readonly string[] };
  readonly restart: string;
  readonly stop_grace_period?: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly logging: { readonly options: Readonly<Record<string, string>> };
  readonly deploy: { readonly resources: { readonly limits: Readonly<Record<string, string | number>> } };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}
