/** How the applications of a test file end the work that a test has left under way. */
export const looseEnds = new Set<() => Promise<void>>();
