/**
 * Finds the words of words.json in comments, texts and documentation: `npm run check:words`, with `-- PATH …` for some
 * files or folders. Prints each hit with the better word, then their number per top folder; exits with 1 if there are any.
 */
import { globSync, readFileSync, statSync } from 'node:fs';
import { proseOf } from './prose.ts';
import words from './words.json' with { type: 'json' };

/** openapi.json and docs/settings.md are made from texts in `src`. */
const EVERYTHING = [
  '*.{md,ts,yml}',
  '.ci/run',
  '.dependency-cruiser.cjs',
  '.env.example',
  '.github',
  '.oxlintrc.json',
  'Dockerfile',
  'bench',
  'console',
  'demo',
  'deploy',
  'deploy/grafana/agent-runtime.json',
  'docs',
  'examples',
  'migrations',
  'packages',
  'scripts',
  'src',
  'test',
];

const patterns = words.map(({ pattern, instead }) => ({
  expression: new RegExp(`\\b${pattern.replaceAll(' ', '\\s+')}\\b`, 'gi'),
  instead,
}));

const filesOf = (paths: readonly string[]) =>
  globSync(paths.flatMap((path) => [path, `${path}/**/*.{ts,tsx,md,yml,conf}`]))
    .filter((path) => statSync(path).isFile())
    .toSorted();

function hitsIn(path: string): string[] {
  const prose = proseOf(path, readFileSync(path, 'utf8'));
  return patterns
    .flatMap(({ expression, instead }) =>
      [...prose.matchAll(expression)].map(({ 0: found, index }) => ({ found, index, instead })),
    )
    .toSorted((a, b) => a.index - b.index)
    .map(({ found, index, instead }) => {
      const line = prose.slice(0, index).split('\n').length;
      return `${path}:${line}: “${found.replaceAll(/\s+/g, ' ')}”, better: ${instead}`;
    });
}

const given = process.argv.slice(2);
const files = filesOf(given.length > 0 ? given : EVERYTHING);
if (files.length === 0) throw new Error(`No files: ${given.join(' ')}`);

const counts = new Map<string, number>();
for (const path of files) {
  const hits = hitsIn(path);
  for (const hit of hits) console.error(hit);
  const [top] = path.split('/') as [string];
  if (hits.length > 0) counts.set(top, (counts.get(top) ?? 0) + hits.length);
}
for (const [top, count] of counts) console.error(`${top}: ${count}`);
if (counts.size > 0) process.exitCode = 1;
