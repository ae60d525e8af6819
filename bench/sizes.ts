interface Load {
  readonly atOnce: number;
  readonly rounds: number;
}

export interface FirstTokenLoad extends Load {
  /** Of each answer: what goes on while others begin. */
  readonly tokens: number;
}

/** How much each measure does. */
export interface Sizes {
  /** How often each side of a comparison has its turn; the median is told. */
  readonly comparisons: number;
  /** Before anything is measured: code is compiled, connections and pages are there. */
  readonly warmUp: Load;
  readonly firstToken: readonly FirstTokenLoad[];
  readonly classified: FirstTokenLoad;
  readonly speed: { readonly tokens: number; readonly loads: readonly Load[] };
  readonly streams: { readonly atOnce: readonly number[]; readonly tokens: number; readonly delayMs: number };
  readonly readers: number;
  readonly growth: { readonly messages: readonly number[]; readonly turns: number };
  readonly promptCache: { readonly turns: number; readonly tokens: number };
  readonly replay: { readonly events: number; readonly rounds: number };
  readonly commits: Load;
  readonly jobs: {
    /** In each round of a comparison. */
    readonly count: number;
    readonly workers: readonly number[];
    readonly oneByOne: number;
  };
  readonly storage: Load & { readonly tokens: number; readonly delayMs: number };
  readonly tools: { readonly calls: number; readonly loads: readonly Load[] };
}

export const FULL: Sizes = {
  comparisons: 3,
  warmUp: { atOnce: 10, rounds: 20 },
  firstToken: [
    { atOnce: 1, rounds: 20, tokens: 5 },
    { atOnce: 100, rounds: 4, tokens: 20 },
    { atOnce: 500, rounds: 1, tokens: 20 },
  ],
  classified: { atOnce: 1, rounds: 20, tokens: 5 },
  speed: {
    tokens: 3000,
    loads: [
      { atOnce: 1, rounds: 8 },
      { atOnce: 50, rounds: 2 },
    ],
  },
  streams: { atOnce: [500, 1000], tokens: 100, delayMs: 20 },
  readers: 1000,
  growth: { messages: [0, 10, 100, 1000, 10_000], turns: 50 },
  promptCache: { turns: 500, tokens: 100 },
  replay: { events: 100_000, rounds: 5 },
  commits: { atOnce: 100, rounds: 7 },
  jobs: { count: 700, workers: [1, 2], oneByOne: 20 },
  storage: { atOnce: 50, rounds: 1, tokens: 300, delayMs: 20 },
  tools: {
    calls: 6,
    loads: [
      { atOnce: 1, rounds: 20 },
      { atOnce: 20, rounds: 5 },
    ],
  },
};

/** Only to see that everything works: the figures say nothing. */
export const QUICK: Sizes = {
  comparisons: 1,
  warmUp: { atOnce: 1, rounds: 1 },
  firstToken: [{ atOnce: 2, rounds: 1, tokens: 5 }],
  classified: { atOnce: 1, rounds: 1, tokens: 5 },
  speed: { tokens: 100, loads: [{ atOnce: 2, rounds: 1 }] },
  streams: { atOnce: [3], tokens: 5, delayMs: 5 },
  readers: 3,
  growth: { messages: [0, 10, 20], turns: 3 },
  promptCache: { turns: 3, tokens: 10 },
  replay: { events: 1000, rounds: 1 },
  commits: { atOnce: 2, rounds: 1 },
  jobs: { count: 4, workers: [1], oneByOne: 1 },
  storage: { atOnce: 2, rounds: 1, tokens: 100, delayMs: 2 },
  tools: { calls: 2, loads: [{ atOnce: 1, rounds: 1 }] },
};
