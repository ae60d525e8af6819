import { readFileSync } from 'node:fs';

/** The instructions of the Dockerfile by name, in order, each on one line; comments left out. */
export function instructionsOf(
  dockerfile = readFileSync('Dockerfile', 'utf8'),
): [name: string, rest: string][] {
  return dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, name, rest] = /^(\w+)\s+(.*)$/.exec(line)!;
      return [name!, rest!];
    });
}

/** What the image sets in the environment of its processes. */
export const imageEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    instructionsOf()
      .filter(([name]) => name === 'ENV')
      .flatMap(([, rest]) => rest.split(' ').map((pair) => pair.split('=') as [string, string])),
  );
