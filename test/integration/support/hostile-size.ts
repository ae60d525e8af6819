const given = { runs: process.env['HOSTILE_RUNS'], seed: process.env['HOSTILE_SEED'] };

/** How many requests the property test sends to each route; more of them by HOSTILE_RUNS. */
export const HOSTILE_RUNS = given.runs === undefined ? 50 : Number(given.runs);

/** The same seed gives the same requests: a failure names it, HOSTILE_SEED repeats it. */
export const HOSTILE_SEED =
  given.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given.seed);
