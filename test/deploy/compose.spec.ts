import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/read-config.js';
import { SETTING_NAMES } from '../../src/config/settings.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { imageEnvironment } from './support/dockerfile.js';
import { promtool } from './support/promtool.js';
import { COMPOSE_SCHEMA, ComposeFile, Service } from './support/compose-schema.js';

/** What a process may take to end, beyond its drain: docs/operations.md, Stopping. */
const BEYOND_DRAIN_SECONDS = 15;
/** Connections beside the pool, at most: docs/operations.md, Sizing. */
const BESIDE_POOL = 6;

const source = readFileSync('docker-compose.yml', 'utf8');
const compose = parse(source, { merge: true }) as ComposeFile;
const services = Object.entries(compose.services);
const lasting = services.filter(([, { restart }]) => restart !== 'no');
const ours = services.filter(([, { image }]) => image === 'agent-runtime');
const named = (...names: readonly string[]) => names.map((name) => compose.services[name]!);

/** Every `${NAME…}` with what follows the name: `:?…` where it must be set, `:-…` where it has a default. */
const variables = [...source.matchAll(/\$\{(\w+)([^}]*)\}/g)].map(([, name, rest]) => ({
  name: name!,
  rest: rest!,
}));
const example = readFileSync('.env.example', 'utf8').split('\n');
const exampleLines = example.filter((line) => line !== '' && !line.startsWith('#'));

/** As Compose puts variables in, the required ones set and the others not. */
const interpolated = (text: string) =>
  text.replaceAll(/\$\{\w+(?::-([^}]*)|:\?[^}]*)\}/g, (_, fallback?: string) => fallback ?? 'given');

const secondsOf = (duration = '10s') => Number(/^(\d+)s$/.exec(duration)![1]);
const settingsOf = ({ environment = {} }: Service) =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, interpolated(value)]));

describe('docker-compose.yml', () => {
  it('is what the Compose specification knows', () => {
    const ajv = new Ajv({ strictTypes: false, strictTuples: false, allErrors: true });
    expect(ajv.validate(COMPOSE_SCHEMA, parse(source, { merge: true })), ajv.errorsText()).toBe(true);
  });

  it('has two of what serves and two of what works', () => {
    expect(compose.services['api-2']).toEqual(compose.services['api-1']);
    expect(compose.services['worker-2']).toEqual(compose.services['worker-1']);
  });

  it.each(services)('gives %s no more than it needs', (_name, service) => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(Object.keys(service.deploy.resources.limits)).toEqual(['cpus', 'memory', 'pids']);
    expect(Object.keys(service.logging.options)).toEqual(['max-size', 'max-file']);
    // Built here, or of a named version.
    expect(service.image).toMatch(/^agent-runtime$|:v?\d+\.\d+/);
  });

  it.each(lasting)('keeps %s going, and knows whether it does', (_name, service) => {
    expect(service.restart).toBe('unless-stopped');
    expect(service.healthcheck?.disable).toBeUndefined();
    // That of our own image is in the Dockerfile.
    expect(service.healthcheck !== undefined || service.image === 'agent-runtime').toBe(true);
  });

  it('waits for the end of the migration only', () => {
    expect(services.filter((service) => !lasting.includes(service)).map(([name]) => name)).toEqual([
      'migrate',
    ]);
    for (const { depends_on: needs } of named('api-1', 'worker-1')) {
      expect(needs).toEqual({
        migrate: { condition: 'service_completed_successfully' },
        postgres: { condition: 'service_healthy' },
        redis: { condition: 'service_healthy' },
      });
    }
    for (const { depends_on: needs = {} } of named('nginx', 'migrate', 'grafana')) {
      expect(Object.keys(needs)).not.toEqual([]);
      for (const { condition } of Object.values(needs)) expect(condition).toBe('service_healthy');
    }
  });

  it.each(ours)('gives %s more time to end than it takes', (_name, service) => {
    const drain = Number(settingsOf(service)['SHUTDOWN_DRAIN_TIMEOUT_SECONDS']);
    expect(secondsOf(service.stop_grace_period)).toBeGreaterThan(drain + BEYOND_DRAIN_SECONDS);
  });

  it('takes nginx for healthy only when it reaches an API, and is up when nginx is healthy', () => {
    const { healthcheck, ports } = compose.services['nginx']!;
    const port = interpolated(ports![0]!).split(':').at(-1);
    expect(healthcheck!.test).toContain(`http://127.0.0.1:${port}/health/ready`);
    const commands = readFileSync('docs/operations.md', 'utf8').match(/docker compose up -d.*/g)!;
    expect(commands.length).toBeGreaterThan(1);
    for (const command of commands) expect(command).toContain(' --wait');
  });

  it('gives nginx more time to end than its streams', () => {
    const [, limit] = /worker_shutdown_timeout (\d+)s;/.exec(
      readFileSync('deploy/nginx/nginx.conf', 'utf8'),
    )!;
    expect(secondsOf(compose.services['nginx']!.stop_grace_period)).toBeGreaterThan(Number(limit));
  });

  it('asks for every secret, and has none', () => {
    const secrets = variables.filter(({ name }) => name.endsWith('PASSWORD'));
    expect(new Set(secrets.map(({ name }) => name)).size).toBe(3);
    for (const { rest } of secrets) expect(rest).toBe(':?set it in .env');
    for (const [, { environment = {} }] of services) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|SECRET|KEY|AUTH$/.test(name)) expect(value, name).toMatch(/^\$\{/);
        if (URL.canParse(value)) expect(new URL(value).password, name).toMatch(/^$|^\$%7B/);
      }
    }
    const { command = [] } = compose.services['redis']!;
    expect(command[command.indexOf('--requirepass') + 1]).toBe('${REDIS_PASSWORD:?set it in .env}');
  });

  it('takes what .env.example explains, all of it and nothing else; git ignores what is filled in', () => {
    expect(exampleLines.map((line) => line.replace(/=$/, '')).toSorted()).toEqual(
      [...new Set(variables.map(({ name }) => name))].toSorted(),
    );
    const ignored = readFileSync('.gitignore', 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', 'settings.env']));
  });

  it.each(ours)('hands %s the settings of the operator as they are written', (_name, { env_file: files }) => {
    expect(files).toEqual([{ path: 'settings.env', required: false, format: 'raw' }]);
  });

  it('names only settings that there are, with values that are accepted', () => {
    for (const [, service] of ours) {
      const { NODE_ENV: _, ...image } = imageEnvironment();
      const settings = { ...image, ...settingsOf(service) };
      for (const name of Object.keys(settings)) expect(SETTING_NAMES).toContain(name);
      expect(readConfig(settings)).toMatchObject({
        auth: { mode: 'api_key' },
        shutdownPolicy: 'handover',
        metricsPort: 3001,
        workerPort: 3001,
      });
    }
  });

  it('mounts files that are there, and only to be read', () => {
    const mounts = services
      .flatMap(([, { volumes = [] }]) => volumes)
      .filter((volume) => volume.startsWith('.'))
      .map((volume) => volume.split(':'));
    expect(mounts).not.toEqual([]);
    for (const [path, , mode] of mounts) expect([existsSync(path!), mode]).toEqual([true, 'ro']);
  });

  it('can be reached at nginx, and on this machine at Grafana', () => {
    const published = services.flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, interpolated(port)]),
    );
    expect(published).toEqual([
      ['nginx', '127.0.0.1:8080:8080'],
      ['grafana', '127.0.0.1:3030:3000'],
    ]);
    expect(compose.services['grafana']!.ports![0]).toMatch(/^127\.0\.0\.1:/);
  });

  it('keeps what holds data in networks without a way out, apart from nginx', () => {
    for (const { networks } of named('postgres', 'redis', 'prometheus', 'migrate')) {
      for (const network of networks) expect(compose.networks[network]).toEqual({ internal: true });
    }
    expect(compose.services['nginx']!.networks).toEqual(['edge', 'front']);
    const [{ networks: reached } = { networks: [] }] = named('postgres');
    expect(reached).toEqual(['back']);
  });

  it('lets as many connect to PostgreSQL as will', () => {
    const [, most] = /max_connections=(\d+)/.exec(compose.services['postgres']!.command!.join(' '))!;
    const pool = readConfig({}).databasePoolSize;
    expect(Number(most)).toBeGreaterThan(ours.length * (pool + BESIDE_POOL));
  });
});

describe('what the services know of each other', () => {
  const image = imageEnvironment();
  const known = (address: string) => {
    const [name, port] = address.split(':');
    expect(Object.keys(compose.services), address).toContain(name);
    return Number(port);
  };

  it('nginx: the APIs, and how to find them again when they are made anew', () => {
    const config = readFileSync('deploy/nginx/nginx.conf', 'utf8');
    const servers = [...config.matchAll(/^ +server ([\w:-]+) resolve max_fails=0;/gm)].map(
      ([, server]) => server!,
    );
    expect(servers).toHaveLength(2);
    for (const server of servers) expect(known(server)).toBe(Number(image['PORT']));
  });

  it('Prometheus: everything that has metrics', () => {
    const { scrape_configs: jobs } = parse(readFileSync('deploy/prometheus/prometheus.yml', 'utf8')) as {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    };
    const targets = jobs
      .filter(({ job_name: name }) => name === 'agent-runtime')
      .flatMap(({ static_configs: configs }) => configs.flatMap((config) => config.targets));
    for (const target of targets) expect(known(target)).toBe(Number(image['METRICS_PORT']));
    expect(targets.map((target) => target.split(':')[0])).toEqual(
      ours.map(([name]) => name).filter((name) => name !== 'migrate'),
    );
  });

  it.skipIf(isLeftOutWithout('promtool'))('Prometheus: its own settings', () => {
    expect(promtool('check', 'config', 'deploy/prometheus/prometheus.yml')).toMatchObject({ ok: true });
  });

  it('Grafana: Prometheus, and where its dashboards are', () => {
    const folder = 'deploy/grafana/provisioning';
    const { datasources } = parse(readFileSync(`${folder}/datasources/prometheus.yml`, 'utf8')) as {
      datasources: { url: string }[];
    };
    for (const { url } of datasources) expect(known(new URL(url).host)).toBe(9090);
    const { providers } = parse(readFileSync(`${folder}/dashboards/agent-runtime.yml`, 'utf8')) as {
      providers: { options: { path: string } }[];
    };
    const { environment, volumes } = compose.services['grafana']!;
    expect(volumes).toContain('./deploy/grafana:/etc/agent-runtime:ro');
    expect(environment!['GF_PATHS_PROVISIONING']).toBe('/etc/agent-runtime/provisioning');
    expect(providers.map(({ options }) => options.path)).toEqual(['/etc/agent-runtime']);
  });
});
