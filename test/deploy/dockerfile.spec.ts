import { existsSync, readFileSync } from 'node:fs';
import dockerfileUtils from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { imageEnvironment, instructionsOf } from './support/dockerfile.js';

const instructions = instructionsOf();
const all = (name: string) => instructions.filter(([each]) => each === name).map(([, rest]) => rest);
const last = (name: string) => all(name).at(-1);
const begin = instructions.findLastIndex(([name]) => name === 'FROM');
const finalStage = instructions.slice(begin);

describe('the Dockerfile', () => {
  it('has nothing that its grammar does not know', () => {
    expect(dockerfileUtils.validate(readFileSync('Dockerfile', 'utf8'))).toEqual([]);
  });

  it('stands on the Node that package.json names', () => {
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(all('FROM')).toEqual([
      `node:${devDependencies['node']}-bookworm-slim AS base`,
      'base AS build',
      'base AS console',
      'base AS packages',
      'base',
    ]);
  });

  it('installs what the lock file says, runs no scripts of packages, and takes no development packages along', () => {
    const installs = all('RUN').filter((command) => command.includes('npm '));
    for (const command of installs) expect(command).toMatch(/npm ci .*--ignore-scripts/);
    expect(installs.at(-1)).toContain('npm ci --omit=dev --omit=optional');
    expect(finalStage.filter(([name]) => name === 'COPY' || name === 'RUN')).toEqual([
      ['COPY', '--from=packages /app/node_modules node_modules'],
      ['COPY', '--from=build /app/dist dist'],
      ['COPY', '--from=console /app/console/dist console/dist'],
    ]);
  });

  it('runs as a user without rights, and gives signals to Node itself', () => {
    expect(finalStage.filter(([name]) => name === 'USER')).toEqual([['USER', 'node']]);
    expect(last('STOPSIGNAL')).toBe('SIGTERM');
    expect(JSON.parse(last('CMD')!)).toEqual(['node', 'dist/src/main.js', '--api-only']);
    expect(all('ENTRYPOINT')).toEqual([]);
  });

  it('asks the port that API and worker both have whether the process lives, with nothing but Node', () => {
    const [, command] = /CMD (.*)$/.exec(last('HEALTHCHECK')!) ?? [];
    const [program, flag, script] = JSON.parse(command!) as string[];
    const { METRICS_PORT: api, WORKER_PORT: worker } = imageEnvironment();
    expect([program, flag, api]).toEqual(['node', '-e', worker]);
    expect(script).toContain(`http://127.0.0.1:${api}/health/live`);
  });

  it('sees of the checkout only what it copies', () => {
    const [nothing, ...rest] = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const given = rest.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const copied = new Set(
      all('COPY')
        .filter((rest_) => !rest_.startsWith('--from'))
        .flatMap((rest_) => rest_.split(' ').slice(0, -1)),
    );
    expect(nothing).toBe('*');
    expect(given.toSorted()).toEqual([...copied].toSorted());
    for (const path of copied) expect(existsSync(path), path).toBe(true);
  });
});
