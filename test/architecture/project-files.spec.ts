import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const read = (file: string) => readFileSync(file, 'utf8');
const project = JSON.parse(read('package.json')) as {
  version: string;
  license: string;
  scripts: Record<string, string>;
  devDependencies: Record<string, string>;
};

describe('The files around the code', () => {
  it('name one version of Node', () => {
    expect(read('.node-version').trim()).toBe(project.devDependencies['node']);
  });

  it('license the project as package.json says', () => {
    expect(project.license).toBe('Apache-2.0');
    expect(read('LICENSE')).toMatch(/^\s+Apache License\n\s+Version 2\.0, /);
    expect(read('LICENSE')).toContain('Copyright 2026 the agent-runtime authors\n');
  });

  it('tell what has changed up to this version', () => {
    const headings = [...read('CHANGELOG.md').matchAll(/^## \[(.*?)\]/gm)].map(([, version]) => version);
    expect(headings.slice(0, 2)).toEqual(['Unreleased', project.version]);
  });

  it('have editors format as prettier does', () => {
    const { printWidth } = JSON.parse(read('.prettierrc')) as { printWidth: number };
    expect(read('.editorconfig')).toContain(`max_line_length = ${printWidth}\n`);
  });

  it('let CI run what everyone can run, on the Node of the project', () => {
    const { permissions, jobs } = parse(read('.github/workflows/ci.yml')) as {
      permissions: unknown;
      jobs: Record<string, { steps: { run?: string; with?: Record<string, unknown> }[] }>;
    };
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    expect(permissions).toEqual({ contents: 'read' });
    expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
    expect(steps.flatMap((step) => step.with?.['node-version-file'] ?? [])).toEqual(['.node-version']);
  });

  it.each(globSync(['*.md', 'docs/*.md', 'bench/*.md']))('%s names npm scripts that exist', (file) => {
    const named = [...read(file).matchAll(/npm run (?:--silent )?([a-z][a-z:]*)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in project.scripts))).toEqual([]);
  });
});
