/** `npm run test:chaos` does the same as `npm test`, with more of everything. */
export const LARGE = process.env['CHAOS_SIZE'] === 'large';

const given = process.env['CHAOS_RUNS'];

/** How many runs the kill test goes through. */
export const CHAOS_RUNS = given === undefined ? (LARGE ? 100 : 10) : Number(given);

/** What a chaos test has seen, in one line. */
export function report(test: string, figures: Readonly<Record<string, number | string>>): void {
  const listed = Object.entries(figures).map(([name, figure]) => `${name} ${figure}`);
  console.log(`${test}: ${listed.join(', ')}`);
}

/** Seconds with one decimal. */
export const secondsSince = (begunAt: number): string =>
  `${((performance.now() - begunAt) / 1000).toFixed(1)} s`;
