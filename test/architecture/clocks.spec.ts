import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** The clock of the machine. */
const WALL_CLOCK = /\bnew Date\(\)|\bDate\.now\(/;

describe('The clock of the machine', () => {
  it('is read only to compare it with the database’s', () => {
    const clients = ['src/{acp,hands,ide}/**', 'src/{acp,hands}-cli.ts']; // they have no database
    const files = globSync('src/**/*.ts', { exclude: ['**/*.spec.ts', ...clients] });
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => WALL_CLOCK.test(readFileSync(file, 'utf8'))).toSorted()).toEqual([
      'src/shared/infrastructure/persistence/database-clock.ts',
    ]);
  });

  it.each(['const now = new Date();', 'const now = Date.now() + 1;'])('is found in: %s', (line) => {
    expect(line).toMatch(WALL_CLOCK);
  });
});
