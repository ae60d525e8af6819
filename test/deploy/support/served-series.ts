import { parseMetrics, seriesOf } from '../../support/metrics-text.js';
import { TestApp } from '../../support/test-app.js';

/** The names of all series that the server can tell, as it says itself. */
export async function servedSeries(): Promise<Set<string>> {
  const app = await TestApp.start();
  try {
    const { body } = await app.client.get('/metrics');
    return new Set([...parseMetrics(body as string).values()].flatMap(seriesOf));
  } finally {
    await app.stop();
  }
}

/** The series that an expression names: what is left without its strings, labels, functions and words. */
export function seriesIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .replaceAll(/\boffset\s+\w+/g, '');
  return [...bare.matchAll(/\b[a-z_:][\w:]*\b(?!\s*\()/gi)]
    .map(([name]) => name)
    .filter((name) => !['and', 'or', 'unless', 'bool'].includes(name));
}
