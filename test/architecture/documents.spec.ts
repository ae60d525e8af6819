import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StateMachine } from '../../src/shared/domain/state-machine.js';
import { STATE_MACHINES, flowchart } from './support/state-diagrams.js';

const FILES = globSync(
  '{bench,demo,examples,migrations,packages/*/src,packages/*/test,scripts,src,test}/**/*.ts',
);

const read = (file: string) => readFileSync(file, 'utf8');

const SOURCE = [...FILES, 'openapi.json'].map(read).join('\n');

/** What stands in a document between `<!-- NAME: generated -->` and `<!-- end -->`. */
const REGIONS: Readonly<Record<string, string>> = {
  'run status': flowchart(STATE_MACHINES['run status']),
  'state machines': Object.entries(STATE_MACHINES)
    .map(([name, machine]) => `${name}\n${flowchart(machine as StateMachine<string, string>)}`)
    .map((text) => `- ${text.replaceAll('\n', '\n  ')}`)
    .join('\n'),
};

const MARKED = /(<!-- (.+?): generated -->\n)[^]*?(?=\n<!-- end -->)/g;

const withRegions = (text: string) =>
  text.replaceAll(MARKED, (_, mark: string, name: string) => `${mark}\n${REGIONS[name]}\n`);

/** As GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsIn = (file: string) =>
  [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));

/** A document may leave out the first folders of a path. `NAME` stands for any name. */
function filesNamed(path: string): string[] {
  const pattern = path.replaceAll('NAME', '*');
  return FILES.filter((file) => matchesGlob(file, pattern) || matchesGlob(file, `**/${pattern}`));
}

function isBroken(link: string, from: string): boolean {
  const [path, anchor] = link.split('#') as [string, string?];
  const file = path === '' ? from : join(dirname(from), path);
  return !existsSync(file) || (anchor !== undefined && !anchorsIn(file).includes(anchor));
}

describe('The documents', () => {
  it.each([
    ['README.md', ['run status']],
    ['docs/architecture.md', ['state machines']],
  ])('%s shows state machines as their tables have them (`vitest -u` writes them)', async (file, names) => {
    const text = read(file);
    expect([...text.matchAll(MARKED)].map(([, , name]) => name)).toEqual(names);
    await expect(withRegions(text)).toMatchFileSnapshot(resolve(file));
  });

  it('show every state machine of the source', () => {
    const inSource = FILES.filter((file) => file.startsWith('src/') && !file.endsWith('.spec.ts')).flatMap(
      (file) => [...read(file).matchAll(/export const (\w+) = new StateMachine</g)],
    );
    expect(inSource).toHaveLength(Object.keys(STATE_MACHINES).length);
  });

  it.each(['README.md', 'docs/architecture.md'])('%s has 150 lines at most', (file) => {
    expect(read(file).trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it.each(globSync(['*.md', 'docs/**/*.md', 'bench/*.md', 'packages/*/*.md']))(
    '%s links to what is there',
    (file) => {
      const links = [...read(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => link!);
      expect(links.filter((link) => isBroken(link, file))).toEqual([]);
    },
  );

  it.each(['CONTRIBUTING.md', 'docs/architecture.md'])('%s names source files that exist once', (file) => {
    const named = [...read(file).matchAll(/`([\w./*-]+\.ts)`/g)].map(([, path]) => path!);
    const found = new Map(named.map((path) => [path, filesNamed(path).length]));
    const isPattern = (path: string) => /NAME|\*/.test(path);
    expect([...found].filter(([path, count]) => (isPattern(path) ? count === 0 : count !== 1))).toEqual([]);
  });

  it.each(globSync(['*.md', 'docs/**/*.md']))(
    '%s names classes and settings of PostgreSQL that the source knows',
    (file) => {
      const named = [...read(file).matchAll(/`((?:[A-Z][a-z0-9]+){2,})`/g)].map(([, name]) => name!);
      expect(named.filter((name) => !new RegExp(`\\b${name}\\b`, 'i').test(SOURCE))).toEqual([]);
    },
  );

  it('docs/operations.md names log texts that the server writes', () => {
    const phrases = [...read('docs/operations.md').matchAll(/`((?:[a-z’]+ ){3,}[a-z’]+)`/g)].map(
      ([, text]) => text!,
    );
    const commands = /^(?:npm|docker|promtool) /;
    expect(phrases.filter((text) => !commands.test(text) && !SOURCE.includes(text))).toEqual([]);
  });
});
