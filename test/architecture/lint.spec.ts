import { describe, expect, it } from 'vitest';
import { runToolOn } from './support/source-tree.js';

/** Rule, and a file that breaks it. */
const PLANTS = [
  ['eslint(no-restricted-properties)', 'src/main.ts', `console.log(process.env['PORT']);`],
  [
    'eslint(no-restricted-properties)',
    'src/shared/infrastructure/sly.ts',
    `export const read = () => { const { env } = process; return env; };`,
  ],
  ['typescript(no-explicit-any)', 'src/any.ts', `export const same = (value: any): unknown => value;`],
  [
    'typescript(no-floating-promises)',
    'src/floating.ts',
    `export const go = (work: () => Promise<void>) => { work(); };`,
  ],
  [
    'typescript(no-misused-promises)',
    'src/misused.ts',
    `export const is = (work: Promise<void>) => (work ? 1 : 2);`,
  ],
  [
    'typescript(switch-exhaustiveness-check)',
    'src/partial.ts',
    `export function name(of: 'a' | 'b') { switch (of) { case 'a': return 1; } return 2; }`,
  ],
  [
    'typescript(consistent-type-imports)',
    'migrations/1-first.ts',
    `import { MigrationInterface } from 'typeorm'; export type First = MigrationInterface;`,
  ],
] as const;

interface Report {
  diagnostics: { code: string; filename: string; severity: string }[];
}

describe('The linter', () => {
  const files: Record<string, string> = Object.fromEntries(PLANTS.map(([, file, text]) => [file, text]));
  files['src/config/read-config.ts'] = `export const port = process.env['PORT'];`;
  const { diagnostics } = runToolOn(files, 'oxlint', [
    '--type-aware',
    '--format',
    'json',
    'src',
    'migrations',
  ]) as Report;
  const caught = diagnostics.map(({ code, filename, severity }) => ({ code, filename, severity }));

  it.each(PLANTS)('refuses by %s what is in %s', (code, filename) => {
    expect(caught).toContainEqual({ code, filename, severity: 'error' });
  });

  it('refuses nothing else', () => {
    expect(caught).toHaveLength(PLANTS.length);
  });
});
