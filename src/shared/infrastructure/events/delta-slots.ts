/** As many as the migration has made; more need another one. */
const SLOTS = 8;

/** The partition of `deltas` with the rows of a slot. */
export const partitionOf = (slot: number): string => `deltas_${slot}`;

export const PARTITIONS: readonly string[] = Array.from({ length: SLOTS }, (_, slot) => partitionOf(slot));
